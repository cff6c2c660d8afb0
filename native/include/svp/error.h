// The one exception type of the C++ code. Its codes are those of src/errors.ts without the SVP_E_ prefix; the binding
// turns it into an SvpError. Thrown by core and cpu, caught only at the edge of a job.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace svp {

enum class ErrorCode {
  option,
  budget,
  index,
  shape,
  nonfinite,
  format,
  file,
  write,
  memory,
  device,
  checkpoint,
  abort,
  internal,
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::int64_t row = -1, std::int64_t column = -1)
      : std::runtime_error(message), code(code), row(row), column(column) {}

  const ErrorCode code;
  const std::int64_t row;     // zero-based, −1: none
  const std::int64_t column;  // zero-based, −1: none
};

}  // namespace svp

// The header of a NumPy .npy file (format versions 1–3), for the two-dimensional arrays that the engine reads itself.
#pragma once

#include <cstddef>
#include <string>

namespace svp {

enum class NpyType { float16, float32, float64 };

const char* name(NpyType type);

struct NpyHeader {
  NpyType type;
  std::size_t rows;
  std::size_t columns;
  std::size_t data_offset;  // bytes
};

// Checks the whole header and that `size` bytes hold what it promises, with sizes checked for overflow.
// Throws Error(format) or Error(shape) that names `path`.
NpyHeader parse_npy_header(const std::string& path, const unsigned char* bytes, std::size_t size);

}  // namespace svp

// One block of a progressive scan (ITU-T T.81, annex G). Coefficients are at their places, not multiplied by their
// quantizers.
#pragma once

#include "core/jpeg_bits.h"
#include "core/jpeg_file.h"

namespace svp {

class JpegProgressiveScan {
 public:
  JpegProgressiveScan(const JpegScan& scan, JpegBits& bits) : scan_(scan), bits_(bits) {}

  void restart() {
    predictions_[0] = predictions_[1] = predictions_[2] = 0;
    run_ = 0;
  }
  // `component` is its place in the frame; bit k of `set`: AC coefficient k, in the order of the file, is not zero.
  // False where the data cannot be.
  bool block(const JpegFile& file, int component, std::int16_t* coefficients, std::uint64_t* set);
  // No run of empty blocks goes on behind the last one.
  bool whole() const { return run_ == 0; }

 private:
  bool first(const JpegCodes& table, std::int16_t* coefficients, std::uint64_t* set);
  bool refine(const JpegCodes& table, std::int16_t* coefficients, std::uint64_t* set);

  const JpegScan& scan_;
  JpegBits& bits_;
  std::int32_t predictions_[3] = {};
  std::uint32_t run_ = 0;  // blocks without further coefficients, this one included
};

}  // namespace svp

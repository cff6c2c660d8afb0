#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/control.h"
#include "svp/device_choice.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

// Rows of a classifier's outputs, row-major: float32, or binary16 where `half` is not null.
struct UncertaintyRows {
  UncertaintyRows() = default;
  UncertaintyRows(const MatrixView& logits) : single(logits.data), rows(logits.rows), columns(logits.columns) {}

  const float* single = nullptr;
  const std::uint16_t* half = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;
  bool probabilities = false;  // else logits
  double temperature = 1;      // of logits: they are divided by it, exactly
};

// Where each measure goes, one float32 a row; null leaves a measure out. Higher is more uncertain.
struct UncertaintyOutput {
  float* entropy = nullptr;           // nats
  float* least_confidence = nullptr;  // 1 − p1
  float* margin = nullptr;            // 1 − (p1 − p2); p2 = 0 where there is one class
};

// Scores each row of `input` (columns ≥ 1 unless there are no rows). Throws Error(nonfinite) that names the first
// row, and its column, with NaN or +Inf, or the first row that holds only −Inf; for probabilities Error(format) or
// Error(nonfinite) that names the first row that is no distribution. Counts rows in control.done. On a CUDA device
// (float32 logits at temperature 1; else Error(device)) the last bits may be others (docs/NUMERICS.md); "auto" is the
// processor, which scores logits as fast as they could be copied to a device.
void uncertainty(const UncertaintyRows& input, const UncertaintyOutput& output, InstructionSet set, ThreadPool& pool,
                 JobControl& control, const DeviceChoice& device = {});

}  // namespace svp

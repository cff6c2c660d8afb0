#pragma once

#include "svp/control.h"
#include "svp/device_choice.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

// Where each measure goes, one float32 a row; null leaves a measure out. Higher is more uncertain.
struct UncertaintyOutput {
  float* entropy = nullptr;           // nats
  float* least_confidence = nullptr;  // 1 − p1
  float* margin = nullptr;            // 1 − (p1 − p2); p2 = 0 where there is one class
};

// Scores each row of `logits` (columns ≥ 1 unless there are no rows). Throws Error(nonfinite) that names the first row,
// and its column, with NaN or +Inf, or the first row that holds only −Inf. Counts rows in control.done.
// On a CUDA device the last bits may be others (docs/NUMERICS.md); "auto" is the processor, which scores logits as fast as
// they could be copied to a device.
void uncertainty(const MatrixView& logits, const UncertaintyOutput& output, InstructionSet set, ThreadPool& pool,
                 JobControl& control, const DeviceChoice& device = {});

}  // namespace svp

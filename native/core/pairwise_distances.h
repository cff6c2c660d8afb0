#pragma once

#include "svp/control.h"
#include "svp/device_choice.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

struct PairwiseOptions {
  bool cosine = false;   // Euclidean on rows scaled to unit length
  bool squared = false;  // D2 itself instead of its root
};

// out[i × b.rows + j] = distance of row i of a and row j of b, D2 of svp/squared_distance.h to the bit, for any number
// of threads and either device ("auto" is the processor: the result leaves a device too slowly to gain from it). a and b have the same number of columns. Counts finished pairs in control.done.
void pairwise_distances(const MatrixView& a, const MatrixView& b, const PairwiseOptions& options, InstructionSet set,
                        ThreadPool& pool, JobControl& control, double* out, const DeviceChoice& device = {});

}  // namespace svp

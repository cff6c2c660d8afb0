// The cosine metric is the Euclidean one on rows of length 1.
#pragma once

#include <vector>

#include "svp/control.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

// Rows scaled to unit length in float64 (norm = sqrt(D2(row, 0)), one division per value) and rounded to float32.
// Throws Error(nonfinite) that names a row of zeros, which has no direction. `matrix` must be finite.
std::vector<float> unit_rows(const MatrixView& matrix, const char* what, InstructionSet set, ThreadPool& pool,
                             const JobControl& control);

}  // namespace svp

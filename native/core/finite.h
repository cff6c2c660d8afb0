// Input checks and scaling that every metric shares.
#pragma once

#include "svp/control.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

// Throws Error(nonfinite) that names the first row and column (in row order) holding NaN or ±Inf; `what` is the
// matrix's name in the message. One pass at memory speed.
void require_finite(const MatrixView& matrix, const char* what, ThreadPool& pool, const JobControl& control);

}  // namespace svp

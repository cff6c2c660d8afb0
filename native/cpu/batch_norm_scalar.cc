#include "lanes_scalar.h"

#include "batch_norm_loops.h"

namespace svp::cpu {

BatchNormKernels batch_norm_kernels_scalar() { return {statistics, normalise, gradient_sums, gradient}; }

}  // namespace svp::cpu

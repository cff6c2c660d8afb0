#include "lanes_neon.h"

#include "batch_norm_loops.h"

namespace svp::cpu {

BatchNormKernels batch_norm_kernels_neon() { return {statistics, normalise, gradient_sums, gradient}; }

}  // namespace svp::cpu

#include "lanes_avx512.h"

#include "batch_norm_loops.h"

namespace svp::cpu {

BatchNormKernels batch_norm_kernels_avx512() { return {statistics, normalise, gradient_sums, gradient}; }

}  // namespace svp::cpu

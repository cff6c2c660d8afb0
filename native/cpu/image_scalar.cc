#include "image_loops.h"

namespace svp::cpu {

ImageKernels image_kernels_scalar() { return kImageKernels; }

}  // namespace svp::cpu

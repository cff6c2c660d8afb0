#include "image_loops.h"

namespace svp::cpu {

ImageKernels image_kernels_neon() { return kImageKernels; }

}  // namespace svp::cpu

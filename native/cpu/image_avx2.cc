#include "image_loops.h"

namespace svp::cpu {

ImageKernels image_kernels_avx2() { return kImageKernels; }

}  // namespace svp::cpu

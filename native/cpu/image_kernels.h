#pragma once

#include "svp/image_kernels.h"

namespace svp::cpu {

ImageKernels image_kernels_scalar();
ImageKernels image_kernels_avx2();
ImageKernels image_kernels_avx512();
ImageKernels image_kernels_neon();

}  // namespace svp::cpu

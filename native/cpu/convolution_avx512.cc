#include "lanes_avx512.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_avx512() { return {kPanel, convolve, filter}; }

}  // namespace svp::cpu

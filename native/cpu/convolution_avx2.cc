#include "lanes_avx2.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_avx2() { return {kPanel, convolve, filter}; }

}  // namespace svp::cpu

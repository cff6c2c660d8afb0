#include "lanes_neon.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_neon() { return {kPanel, convolve, filter}; }

}  // namespace svp::cpu

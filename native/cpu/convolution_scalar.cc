#include "lanes_scalar.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_scalar() { return {kPanel, convolve, filter}; }

}  // namespace svp::cpu

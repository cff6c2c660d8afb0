#include "lanes_scalar.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_scalar() {
  return {panel_kernels<2, 6, 6>(), panel_kernels<1, 6, 6>()};
}

}  // namespace svp::cpu

#include "lanes_neon.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_neon() {
  return {panel_kernels<2, 6, 6>(), panel_kernels<1, 12, 12>()};
}

}  // namespace svp::cpu

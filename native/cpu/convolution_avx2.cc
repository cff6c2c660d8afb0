#include "lanes_avx2.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_avx2() {
  return {panel_kernels<2, 6, 6>(), panel_kernels<1, 10, 12>()};
}

}  // namespace svp::cpu

#include "lanes_avx512.h"

#include "convolution_tiles.h"

namespace svp::cpu {

ConvolutionKernels convolution_kernels_avx512() {
  return {panel_kernels<2, 8, 8>(), panel_kernels<1, 10, 12>()};
}

}  // namespace svp::cpu

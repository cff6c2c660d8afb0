#include "lanes_avx2.h"

#include "winograd_tiles.h"

namespace svp::cpu {

WinogradKernels winograd_kernels_avx2() { return {source, filter, output, gradient, taps}; }

}  // namespace svp::cpu

#include "lanes_avx512.h"

#include "winograd_tiles.h"

namespace svp::cpu {

WinogradKernels winograd_kernels_avx512() { return {source, filter, output, gradient, taps}; }

}  // namespace svp::cpu

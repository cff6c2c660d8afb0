#include "lanes_neon.h"

#include "winograd_tiles.h"

namespace svp::cpu {

WinogradKernels winograd_kernels_neon() { return {source, filter, output, gradient, taps}; }

}  // namespace svp::cpu

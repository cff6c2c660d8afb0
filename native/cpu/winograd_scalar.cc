#include "lanes_scalar.h"

#include "winograd_tiles.h"

namespace svp::cpu {

WinogradKernels winograd_kernels_scalar() { return {source, filter, output, gradient, taps}; }

}  // namespace svp::cpu

#include "image_kernels.h"

#include "dispatch.h"

namespace svp {

ImageKernels image_kernels(InstructionSet set) {
  using namespace cpu;
  return cpu::dispatch(set, SVP_KERNELS(image_kernels))();
}

}  // namespace svp

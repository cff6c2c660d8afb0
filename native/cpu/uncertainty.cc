#include "svp/uncertainty.h"

#include "cpu/dispatch.h"
#include "cpu/uncertainty_kernels.h"

namespace svp {

const UncertaintyKernel& uncertainty_kernel(InstructionSet set) {
  return cpu::dispatch(set, SVP_KERNELS(cpu::uncertainty_kernel))();
}

}  // namespace svp

#include "svp/fasttext_kernels.h"

#include "dispatch.h"
#include "fasttext_row.h"

namespace svp {

const FastTextKernels& fasttext_kernels(InstructionSet set) {
  return cpu::dispatch(set, SVP_KERNELS(cpu::fasttext_kernels))();
}

}  // namespace svp

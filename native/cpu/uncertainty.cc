#include "svp/uncertainty.h"

#include "dispatch.h"
#include "uncertainty_row.h"

namespace svp {

UncertaintyRow uncertainty_row(InstructionSet set) { return cpu::dispatch(set, SVP_KERNELS(cpu::uncertainty_row)); }

}  // namespace svp

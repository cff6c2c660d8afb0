#include "svp/squared_distance.h"

#include "dispatch.h"
#include "squared_distance_kernels.h"

namespace svp {

SquaredDistance squared_distance(InstructionSet set) {
  return cpu::dispatch(set, SVP_KERNELS(cpu::squared_distance));
}

SquaredDistance1x4 squared_distance_1x4(InstructionSet set) {
  return cpu::dispatch(set, SVP_KERNELS(cpu::squared_distance_1x4));
}

}  // namespace svp

// Picks the kernel of an instruction set from the ones that this build contains.
#pragma once

#include "svp/error.h"
#include "svp/instruction_set.h"

namespace svp::cpu {

// One function pointer per instruction set; null where the build for this processor family has none.
template <typename Function>
struct Kernels {
  Function scalar;
  Function avx2;
  Function avx512;
  Function neon;
};

template <typename Function>
Function dispatch(InstructionSet set, const Kernels<Function>& kernels) {
  Function chosen = nullptr;
  switch (set) {
    case InstructionSet::scalar: chosen = kernels.scalar; break;
    case InstructionSet::avx2: chosen = kernels.avx2; break;
    case InstructionSet::avx512: chosen = kernels.avx512; break;
    case InstructionSet::neon: chosen = kernels.neon; break;
  }
  if (chosen == nullptr) {
    throw Error(ErrorCode::device, std::string("This build has no ") + name(set) + " kernels.");
  }
  return chosen;
}

}  // namespace svp::cpu

// SVP_KERNELS(f): f_scalar and, where this processor family has them, f_avx2, f_avx512, f_neon.
#if defined(__x86_64__)
#define SVP_KERNELS(f) ::svp::cpu::Kernels<decltype(&f##_scalar)>{f##_scalar, f##_avx2, f##_avx512, nullptr}
#elif defined(__aarch64__)
#define SVP_KERNELS(f) ::svp::cpu::Kernels<decltype(&f##_scalar)>{f##_scalar, nullptr, nullptr, f##_neon}
#else
#define SVP_KERNELS(f) ::svp::cpu::Kernels<decltype(&f##_scalar)>{f##_scalar, nullptr, nullptr, nullptr}
#endif

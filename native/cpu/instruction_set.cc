#include "svp/instruction_set.h"

#include <algorithm>
#include <cstdlib>

#include "svp/error.h"

namespace svp {

const char* name(InstructionSet set) {
  switch (set) {
    case InstructionSet::scalar: return "scalar";
    case InstructionSet::avx2: return "avx2";
    case InstructionSet::avx512: return "avx512";
    case InstructionSet::neon: return "neon";
  }
  return "unknown";
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets{InstructionSet::scalar};
#if defined(__x86_64__)
  // The builtin also asks the operating system whether it saves the wide registers. A set counts only with every
  // extension that its kernel files are compiled for.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma")) {
    sets.push_back(InstructionSet::avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
      sets.push_back(InstructionSet::avx512);
    }
  }
#elif defined(__aarch64__)
  sets.push_back(InstructionSet::neon);  // part of the architecture
#endif
  return sets;
}

InstructionSet choose_instruction_set(const std::string& wanted) {
  const std::vector<InstructionSet> sets = available_instruction_sets();
  std::string forced = wanted;
  if (forced.empty()) {
    const char* variable = std::getenv("SVP_INSTRUCTION_SET");
    if (variable != nullptr) forced = variable;
  }
  if (forced.empty()) return sets.back();
  std::string names;
  for (const InstructionSet set : sets) {
    if (forced == name(set)) return set;
    names += names.empty() ? name(set) : std::string(", ") + name(set);
  }
  throw Error(ErrorCode::device, std::string("SVP_INSTRUCTION_SET asks for \"") + forced +
                                     "\", which this processor or build does not have. Available: " + names +
                                     ". Unset the variable to use the best.");
}

}  // namespace svp

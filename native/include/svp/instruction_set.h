// Which instruction set the kernels of one call use. Chosen once per call, outside every loop.
// The environment variable SVP_INSTRUCTION_SET (scalar | avx2 | avx512 | neon) forces one, for tests; naming one that
// this processor lacks is an Error(device).
#pragma once

#include <string>
#include <vector>

namespace svp {

enum class InstructionSet { scalar, avx2, avx512, neon };

const char* name(InstructionSet set);
// What this processor can run and this build contains, best last.
std::vector<InstructionSet> available_instruction_sets();
// The best available, or the one that the environment forces.
InstructionSet choose_instruction_set();

}  // namespace svp

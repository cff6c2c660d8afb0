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
// The one that `wanted` names; if that is empty, the one that the environment forces; else the best available.
// The wrappers pass their own view of the environment: a worker's or a test runner's may differ from the process's.
InstructionSet choose_instruction_set(const std::string& wanted = "");

}  // namespace svp

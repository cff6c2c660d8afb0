// Operations of this package inside TensorFlow, for training on the processor: they take and give TensorFlow's own tensors,
// so nothing is copied, and every other operation can stand beside them.
#pragma once

#include <string>

#include "svp/instruction_set.h"

namespace svp {

// Adds the operations to the TensorFlow library at `path`, which the process has loaded. Once per process: a later call finds
// them there, and keeps the threads of the first. threads: 0 takes all processors.
// Throws Error(device) where that TensorFlow does not take them.
void register_training_kernels(const std::string& path, InstructionSet set, unsigned threads);

}  // namespace svp

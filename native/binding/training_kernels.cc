#include "core/training_kernels.h"

#include "binding/arguments.h"
#include "binding/operations.h"

namespace svp::binding {

Napi::Value training_kernels(const Napi::CallbackInfo& info) {
  register_training_kernels(string_argument(info[0], "library"), instruction_set_argument(info[2]),
                            threads_argument(info[1]));
  return info.Env().Undefined();
}

}  // namespace svp::binding

#include "binding/arguments.h"
#include "binding/operations.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"

namespace svp::binding {

Napi::Value describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array available = Napi::Array::New(env);
  for (const InstructionSet set : available_instruction_sets()) available.Set(available.Length(), name(set));
  Napi::Object description = Napi::Object::New(env);
  description.Set("instructionSet", name(instruction_set_argument(info[0])));
  description.Set("availableInstructionSets", available);
  description.Set("threads", static_cast<double>(available_processors()));
  return description;
}

}  // namespace svp::binding

#include "core/forgetting.h"

#include "binding/arguments.h"
#include "binding/operations.h"
#include "svp/error.h"

namespace svp::binding {

Napi::Value forgetting_update(const Napi::CallbackInfo& info) {
  const Span<std::uint32_t> indices = uint32_argument(nullptr, info[0], "indices");
  const Span<std::uint8_t> correct = uint8_argument(nullptr, info[1], "correct");
  const Span<std::uint32_t> presentations = uint32_argument(nullptr, info[2], "presentations");
  const Span<std::uint32_t> events = uint32_argument(nullptr, info[3], "events");
  const Span<std::uint8_t> state = uint8_argument(nullptr, info[4], "state");
  if (indices.length != correct.length) throw Error(ErrorCode::shape, "indices and correct must be equally long.");
  if (events.length != presentations.length || state.length != presentations.length) {
    throw Error(ErrorCode::shape, "presentations, events and state must be equally long.");
  }
  update_forgetting(indices.data, correct.data, indices.length,
                    {presentations.data, events.data, state.data, presentations.length}, device_argument(info[5]));
  return info.Env().Undefined();
}

}  // namespace svp::binding

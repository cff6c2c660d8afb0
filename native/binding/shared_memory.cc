#include "core/shared_memory.h"

#include <unistd.h>

#include <limits>
#include <memory>

#include "binding/arguments.h"
#include "binding/operations.h"
#include "svp/error.h"

namespace svp::binding {

namespace {

// Closed by its owner, or with the JavaScript environment that holds it: a worker may end at any moment.
struct Descriptor {
  int number = -1;
  void close() {
    if (number >= 0) ::close(number);
    number = -1;
  }
  ~Descriptor() { close(); }
};

}  // namespace

Napi::Value shared_memory_create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto descriptor = std::make_shared<Descriptor>();
  descriptor->number = svp::shared_memory_create();
  Napi::Object memory = Napi::Object::New(env);
  memory.Set("descriptor", descriptor->number);
  memory.Set("close", Napi::Function::New(env, [descriptor](const Napi::CallbackInfo&) { descriptor->close(); }, "close"));
  return memory;
}

Napi::Value shared_memory_map(const Napi::CallbackInfo& info) {
  const std::size_t descriptor = size_argument(info[0], "descriptor");
  const std::size_t offset = size_argument(info[1], "offset");
  const std::size_t bytes = size_argument(info[2], "bytes");
  if (descriptor > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error(ErrorCode::option, "descriptor must be that of shared memory.");
  }
  void* mapped = svp::shared_memory_map(static_cast<int>(descriptor), offset, bytes);
  return Napi::ArrayBuffer::New(info.Env(), mapped, bytes,
                                [bytes](Napi::Env, void* memory) { shared_memory_unmap(memory, bytes); });
}

}  // namespace svp::binding

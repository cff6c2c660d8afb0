// Where a call runs, and which CUDA devices there are.
#include "binding/arguments.h"
#include "binding/operations.h"
#include "core/cuda_library.h"

namespace svp::binding {

DeviceChoice device_argument(const Napi::Value& value) {
  if (!value.IsObject()) throw Error(ErrorCode::option, "device must be an object.");
  const Napi::Object given = value.As<Napi::Object>();
  const auto text = [&](const char* key) {
    const Napi::Value field = given.Get(key);
    if (!field.IsString()) throw Error(ErrorCode::option, std::string("device.") + key + " must be a string.");
    return field.As<Napi::String>().Utf8Value();
  };
  DeviceChoice choice{text("device"), text("library"), text("settings")};
  device_kind(choice.device);
  return choice;
}

Napi::Value cuda_devices(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const DeviceChoice choice = device_argument(info[0]);
  const SvpCudaTable& table = open_cuda_library(choice.library);
  Napi::Array list = Napi::Array::New(env);
  for (const SvpCudaDevice& device : svp::cuda_devices(table, choice.settings)) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", device.name);
    entry.Set("computeCapability", std::to_string(device.major) + "." + std::to_string(device.minor));
    entry.Set("memoryBytes", static_cast<double>(device.memory_bytes));
    list.Set(list.Length(), entry);
  }
  Napi::Object out = Napi::Object::New(env);
  out.Set("version", table.version);
  out.Set("devices", list);
  return out;
}

}  // namespace svp::binding

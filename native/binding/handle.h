// Objects of the engine that JavaScript holds: a plain object with a type tag around a shared pointer, so that a job may
// outlive the object that JavaScript collects, and a handle of another kind is refused.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>

#include "svp/error.h"

namespace svp::binding {

// Each type that is handed out specialises this with numbers of its own.
template <typename T>
struct HandleTag;

template <typename T>
Napi::Object make_handle(Napi::Env env, std::shared_ptr<T> value) {
  Napi::Object handle = Napi::Object::New(env);
  auto* held = new std::shared_ptr<T>(std::move(value));
  const napi_status wrapped = napi_wrap(
      env, handle, held, [](napi_env, void* data, void*) { delete static_cast<std::shared_ptr<T>*>(data); }, nullptr,
      nullptr);
  if (wrapped != napi_ok || napi_type_tag_object(env, handle, &HandleTag<T>::tag) != napi_ok) {
    throw Error(ErrorCode::internal, "Node would not take a handle of the addon.");
  }
  return handle;
}

template <typename T>
std::shared_ptr<T> handle_argument(const Napi::Value& value, const char* what) {
  bool ours = false;
  void* held = nullptr;
  if (!value.IsObject() ||
      napi_check_object_type_tag(value.Env(), value, &HandleTag<T>::tag, &ours) != napi_ok || !ours ||
      napi_unwrap(value.Env(), value, &held) != napi_ok) {
    throw Error(ErrorCode::option, std::string(what) + " must be a handle that the addon gave.");
  }
  return *static_cast<std::shared_ptr<T>*>(held);
}

}  // namespace svp::binding

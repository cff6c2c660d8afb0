// What of fastText JavaScript holds.
#pragma once

#include <atomic>
#include <memory>

#include "binding/handle.h"
#include "core/fasttext_file.h"
#include "core/fasttext_train.h"

namespace svp::binding {

// A model that may be in training: one job at a time writes it, and none reads it meanwhile.
struct FastTextHandle {
  std::shared_ptr<FastTextModel> model;
  std::shared_ptr<FastTextExamples> examples;  // null unless it can be trained
  std::atomic<int> readers{0};                 // −1: being trained
};

template <>
struct HandleTag<FastTextCorpus> {
  static constexpr napi_type_tag tag = {0x6a3c0f5d2b914e77u, 0x9d1f4c8e63b20a51u};
};
template <>
struct HandleTag<FastTextHandle> {
  static constexpr napi_type_tag tag = {0x2f8be1a94c6d4b03u, 0xb57093d2e84f1c66u};
};

// Marks a model as in use while a job works with it. Throws Error(option) where that cannot be.
class FastTextUse {
 public:
  FastTextUse(std::shared_ptr<FastTextHandle> handle, bool writes);
  ~FastTextUse();
  FastTextUse(const FastTextUse&) = delete;
  FastTextUse& operator=(const FastTextUse&) = delete;

  FastTextHandle* operator->() const { return handle_.get(); }
  const std::shared_ptr<FastTextHandle>& handle() const { return handle_; }

 private:
  const std::shared_ptr<FastTextHandle> handle_;
  const bool writes_;
};

}  // namespace svp::binding

// Owners of device memory, pinned host memory, streams and events: freed when they go, whatever happened.
#pragma once

#include <cstddef>
#include <utility>

#include "runtime.h"

namespace svp::cuda {

template <typename T, void* (*allocate)(std::size_t), void (*release)(void*) noexcept>
class Array {
 public:
  Array() = default;
  explicit Array(std::size_t size) { resize(size); }
  Array(Array&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Array& operator=(Array&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Array() { release(data_); }

  // The content is lost.
  void resize(std::size_t size) {
    release(std::exchange(data_, nullptr));
    size_ = 0;
    if (size > 0) data_ = static_cast<T*>(allocate(size * sizeof(T)));
    size_ = size;
  }
  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](std::size_t i) const { return data_[i]; }  // pinned memory only

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

template <typename T>
using DeviceArray = Array<T, allocate_device, free_device>;
template <typename T>
using PinnedArray = Array<T, allocate_pinned, free_pinned>;

class OwnedStream {
 public:
  OwnedStream() : stream_(make_stream()) {}
  ~OwnedStream() { destroy_stream(stream_); }
  OwnedStream(const OwnedStream&) = delete;
  OwnedStream& operator=(const OwnedStream&) = delete;
  operator Stream() const { return stream_; }

 private:
  Stream stream_;
};

class OwnedEvent {
 public:
  OwnedEvent() : event_(make_event()) {}
  ~OwnedEvent() { destroy_event(event_); }
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;
  operator Event() const { return event_; }

 private:
  Event event_;
};

}  // namespace svp::cuda

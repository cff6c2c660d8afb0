// Memory that the packed operands need: 64-byte aligned, uninitialised.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace svp::cpu {

template <typename T>
class Aligned {
 public:
  Aligned() = default;
  explicit Aligned(std::size_t count) : count_(count) {
    if (count > 0) data_ = static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{64}));
  }
  Aligned(Aligned&& other) noexcept : data_(other.data_), count_(other.count_) {
    other.data_ = nullptr;
    other.count_ = 0;
  }
  Aligned& operator=(Aligned&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~Aligned() {
    if (data_ != nullptr) ::operator delete(data_, std::align_val_t{64});
  }

  // Keeps nothing of the old content.
  void require(std::size_t count) {
    if (count > count_) *this = Aligned(count);
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace svp::cpu

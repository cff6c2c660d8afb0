// Large uninitialised arrays whose rows start at cache lines. Rows of an embedding are read in no order, so every read
// would also miss the page tables' cache: 2 MiB pages, where the system gives them, take that away.
#pragma once

#include <unistd.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstddef>
#include <new>
#include <string>
#include <type_traits>

#include "svp/error.h"

namespace svp {

template <typename T>
class FastTextMemory {
  static_assert(std::is_trivial_v<T>);

 public:
  FastTextMemory() = default;
  // Throws Error(memory); `what` begins the message.
  FastTextMemory(std::size_t count, const char* what) : count_(count) {
    if (count == 0) return;
    const std::size_t bytes = count * sizeof(T);
    const double needed = static_cast<double>(count) * sizeof(T);
    // An allocation beyond the machine may seem to succeed and end the process when it is written to.
    const double there = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    if (needed > there) fail(what, needed);
    alignment_ = bytes >= kPage ? kPage : 64;
    data_ = static_cast<T*>(::operator new(bytes, std::align_val_t{alignment_}, std::nothrow));
    if (data_ == nullptr) fail(what, needed);
#if defined(__linux__)
    if (bytes >= kPage) ::madvise(data_, bytes, MADV_HUGEPAGE);
#endif
  }
  FastTextMemory(FastTextMemory&& other) noexcept { swap(other); }
  FastTextMemory& operator=(FastTextMemory&& other) noexcept {
    swap(other);
    return *this;
  }
  ~FastTextMemory() {
    if (data_ != nullptr) ::operator delete(data_, std::align_val_t{alignment_});
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }

 private:
  static constexpr std::size_t kPage = std::size_t{1} << 21;

  [[noreturn]] static void fail(const char* what, double bytes) {
    throw Error(ErrorCode::memory, std::string(what) + " needs " + std::to_string(static_cast<long long>(bytes / 1048576)) +
                                       " MiB, which could not be had. Take fewer dimensions, buckets or examples.");
  }
  void swap(FastTextMemory& other) {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    std::swap(alignment_, other.alignment_);
  }

  T* data_ = nullptr;
  std::size_t count_ = 0;
  std::size_t alignment_ = 64;
};

}  // namespace svp

// What a running job shares with whoever started it: a cancel flag and a progress counter. Written and read without
// locks from different threads. Kernels call check() at least every 50 ms of work (cancellation is promised in 250 ms).
#pragma once

#include <atomic>
#include <cstdint>

#include "svp/error.h"

namespace svp {

struct JobControl {
  std::atomic<bool> cancelled{false};
  std::atomic<std::uint64_t> done{0};   // units finished (rows, picks)
  std::atomic<std::uint64_t> total{0};  // units in all
  std::atomic<std::uint64_t> resumed{0};  // of done: units that an earlier run had finished
  std::atomic<double> fraction{0};      // share of this run's estimated work done, 0 … 1, where units cost unlike
  std::atomic<double> radius{-1};       // k-centers: current covering radius, −1 before there is one

  void check() const {
    if (cancelled.load(std::memory_order_relaxed)) throw Error(ErrorCode::abort, "The work was cancelled.");
  }
};

}  // namespace svp

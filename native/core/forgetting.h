// Forgetting events (the paper's Algorithm 2): an event is a presentation where an example goes from correct to
// incorrect.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/device_choice.h"

namespace svp {

// Counters of a pool of `length` examples, owned by the caller.
struct ForgettingCounters {
  std::uint32_t* presentations;
  std::uint32_t* events;
  std::uint8_t* state;  // a ForgettingState
  std::size_t length;
};

enum ForgettingState : std::uint8_t { kUnseen = 0, kNeverCorrect = 1, kWrongNow = 2, kCorrectNow = 3 };

// Counts one mini-batch: example indices[i] was presented and classified correctly (correct[i] != 0) or not. An index
// may occur more than once. Throws Error(index) before anything is counted if an index is outside the pool. O(count).
void update_forgetting(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count,
                       const ForgettingCounters& counters, const DeviceChoice& device = {});

}  // namespace svp

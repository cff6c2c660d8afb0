#include "core/forgetting.h"

#include <string>

#include "svp/error.h"

namespace svp {

void update_forgetting(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count,
                       const ForgettingCounters& counters) {
  for (std::size_t i = 0; i < count; i++) {
    if (indices[i] >= counters.length) {
      throw Error(ErrorCode::index, "indices[" + std::to_string(i) + "] is " + std::to_string(indices[i]) +
                                        ", but the tracker has " + std::to_string(counters.length) +
                                        " examples. Nothing was counted.");
    }
  }
  for (std::size_t i = 0; i < count; i++) {
    // Read once: another thread may own the memory behind a SharedArrayBuffer and change it after the check.
    const std::size_t example = indices[i];
    if (example >= counters.length) continue;
    std::uint8_t& state = counters.state[example];
    counters.presentations[example]++;
    if (correct[i] != 0) {
      state = kCorrectNow;
    } else if (state == kCorrectNow) {
      counters.events[example]++;
      state = kWrongNow;
    } else if (state == kUnseen) {
      state = kNeverCorrect;
    }
  }
}

}  // namespace svp

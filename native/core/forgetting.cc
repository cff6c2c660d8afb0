#include "core/forgetting.h"

#include <algorithm>
#include <string>

#include "core/cuda_library.h"
#include "svp/error.h"

namespace svp {

namespace {

constexpr std::size_t kAhead = 16;  // examples
// State after a wrong answer, by the state before. No branches: which way they go is as good as random.
constexpr std::uint8_t kWhenWrong[4] = {kNeverCorrect, kNeverCorrect, kWrongNow, kWrongNow};
static_assert(kUnseen == 0 && kNeverCorrect == 1 && kWrongNow == 2 && kCorrectNow == 3, "kWhenWrong is by these");

}  // namespace

void update_forgetting(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count,
                       const ForgettingCounters& counters, const DeviceChoice& device) {
  const DevicePlan plan = plan_device(device, 0);
  for (std::size_t i = 0; i < count; i++) {
    if (indices[i] >= counters.length) {
      throw Error(ErrorCode::index, "indices[" + std::to_string(i) + "] is " + std::to_string(indices[i]) +
                                        ", but the tracker has " + std::to_string(counters.length) +
                                        " examples. Nothing was counted.");
    }
  }
  if (plan.table != nullptr) {
    const std::string devices = device_numbers(device.device);
    const SvpCudaOptions options{devices.c_str(), device.settings.c_str(), 0};
    SvpCudaStatus status;
    require_success(plan.table->forgetting_update(indices, correct, count, counters.presentations, counters.events,
                                                  counters.state, counters.length, 0, &options, &status),
                    status);
    return;
  }
  for (std::size_t i = 0; i < count; i++) {
    // The counters of a large pool lie anywhere but in the cache.
    const std::size_t later = indices[std::min(i + kAhead, count - 1)];
    __builtin_prefetch(counters.state + later, 1);
    __builtin_prefetch(counters.presentations + later, 1);
    __builtin_prefetch(counters.events + later, 1);
    // Read once: another thread may own the memory behind a SharedArrayBuffer and change it after the check.
    const std::size_t example = indices[i];
    if (example >= counters.length) continue;
    const bool right = correct[i] != 0;
    const std::uint8_t state = counters.state[example];
    counters.presentations[example]++;
    counters.events[example] += static_cast<std::uint32_t>(state == kCorrectNow && !right);
    counters.state[example] = right ? kCorrectNow : kWhenWrong[state & 3];
  }
}

}  // namespace svp

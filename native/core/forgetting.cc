#include "core/forgetting.h"

#include <string>

#include "core/cuda_library.h"
#include "svp/error.h"

namespace svp {

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

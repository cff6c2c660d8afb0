// The CUDA library (cuda/), opened when it is first asked for and kept. The engine works without it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "svp/backend.h"
#include "svp/cuda_table.h"
#include "svp/device_choice.h"

namespace svp {

// Whether `device` names the processor ("cpu"), a device ("cuda", "cuda:0,1") or leaves it open ("auto").
enum class DeviceKind { automatic, cpu, cuda };
// Throws Error(option) for anything else.
DeviceKind device_kind(const std::string& device);
// "0,1" of "cuda:0,1"; empty: all.
std::string device_numbers(const std::string& device);

// Throws Error(device) that says why it cannot be used and what to do: not built, built for another version, not
// loadable. The same path gives the same table for the life of the process.
const SvpCudaTable& open_cuda_library(const std::string& path);

// Devices that the library can use; throws Error(device) with CUDA's text where there is none.
std::vector<SvpCudaDevice> cuda_devices(const SvpCudaTable& table, const std::string& settings);

// Which side a call runs on. table is null for the processor; `note` says why not on CUDA, where that was wanted or left
// open.
struct DevicePlan {
  const SvpCudaTable* table = nullptr;
  std::string note;
};

// For `work` multiply-adds. "auto" takes CUDA where it can be used and the work is at least kWorkForCuda; "cuda" throws
// Error(device) with the reason where it cannot be used.
constexpr double kWorkForCuda = 1e11;
DevicePlan plan_device(const DeviceChoice& choice, double work);

// What a function of the table has reported, as an exception.
void require_success(int code, const SvpCudaStatus& status);

// A job's cancel flag as the table wants it.
SvpCudaJob cuda_job(const JobControl& control);

std::unique_ptr<KCenterBackend> cuda_k_center_backend(const SvpCudaTable& table, const FeatureSource& features,
                                                      const DeviceChoice& choice, const KCenterTuning& tuning,
                                                      const JobControl& control);

}  // namespace svp

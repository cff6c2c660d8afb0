#include "core/cuda_library.h"

#include <algorithm>
#include <map>
#include <mutex>

#if !defined(_WIN32)
#include <dlfcn.h>
#endif

namespace svp {

namespace {

constexpr char kPrefix[] = "cuda:";

#if defined(_WIN32)
const SvpCudaTable& load(const std::string&) {
  throw Error(ErrorCode::device, "The CUDA backend is not made for Windows; in WSL it works.");
}
#else
const SvpCudaTable& load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = dlerror();
    throw Error(ErrorCode::device, "The CUDA library cannot be loaded: " +
                                       std::string(reason != nullptr ? reason : path) +
                                       ". Build it with: npm run build:cuda");
  }
  const auto open = reinterpret_cast<SvpCudaOpen>(dlsym(library, "svp_cuda_open"));
  const SvpCudaTable* table = open != nullptr ? open() : nullptr;
  if (table == nullptr || table->abi != kSvpCudaAbi) {
    dlclose(library);
    throw Error(ErrorCode::device, path + " was built for another version of this package. Build it again: "
                                          "npm run build:cuda");
  }
  return *table;  // never closed: CUDA's own threads may outlive any call
}
#endif

}  // namespace

DeviceKind device_kind(const std::string& device) {
  if (device == "auto") return DeviceKind::automatic;
  if (device == "cpu") return DeviceKind::cpu;
  if (device == "cuda") return DeviceKind::cuda;
  const std::string numbers = device_numbers(device);
  const bool list = !numbers.empty() && numbers.find_first_not_of("0123456789,") == std::string::npos &&
                    numbers.front() != ',' && numbers.back() != ',' && numbers.find(",,") == std::string::npos;
  if (list) return DeviceKind::cuda;
  throw Error(ErrorCode::option, "device must be auto, cpu, cuda or cuda:0,1 (numbers of devices), not " + device + ".");
}

std::string device_numbers(const std::string& device) {
  return device.rfind(kPrefix, 0) == 0 ? device.substr(sizeof(kPrefix) - 1) : "";
}

const SvpCudaTable& open_cuda_library(const std::string& path) {
  static std::mutex lock;
  static std::map<std::string, const SvpCudaTable*> open;
  const std::lock_guard<std::mutex> guard(lock);
  const auto known = open.find(path);
  if (known != open.end()) return *known->second;
  const SvpCudaTable& table = load(path);
  open[path] = &table;
  return table;
}

void require_success(int code, const SvpCudaStatus& status) {
  if (code == 0) return;
  throw Error(static_cast<ErrorCode>(status.code - 1), status.message, status.row, status.column);
}

std::vector<SvpCudaDevice> cuda_devices(const SvpCudaTable& table, const std::string& settings) {
  std::vector<SvpCudaDevice> devices(64);
  std::size_t count = 0;
  SvpCudaStatus status;
  require_success(table.devices(settings.c_str(), devices.data(), devices.size(), &count, &status), status);
  devices.resize(std::min(devices.size(), count));
  return devices;
}

DevicePlan plan_device(const DeviceChoice& choice, double work) {
  const DeviceKind kind = device_kind(choice.device);
  if (kind == DeviceKind::cpu) return {};
  const bool any_size = choice.settings.find("any-size") != std::string::npos;
  if (kind == DeviceKind::automatic && work < kWorkForCuda && !any_size) {
    return {nullptr, "The job is small: starting a device would take longer than the work."};
  }
  try {
    const SvpCudaTable& table = open_cuda_library(choice.library);
    cuda_devices(table, choice.settings);
    return {&table, ""};
  } catch (const Error& error) {
    if (kind == DeviceKind::automatic && error.code == ErrorCode::device) return {nullptr, error.what()};
    if (error.code != ErrorCode::device) throw;
    throw Error(ErrorCode::device, std::string(error.what()) + " (device '" + choice.device +
                                       "' was asked for; 'auto' and 'cpu' work without one.)");
  }
}

SvpCudaJob cuda_job(const JobControl& control) {
  // The table takes a context that it hands back unchanged.
  return {const_cast<JobControl*>(&control), [](void* context) -> int {
            return static_cast<const JobControl*>(context)->cancelled.load(std::memory_order_relaxed) ? 1 : 0;
          }};
}

}  // namespace svp

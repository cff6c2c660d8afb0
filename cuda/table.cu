// The border: what the engine calls, with every exception turned into a status.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "k_center_greedy.h"
#include "operations.h"

namespace svp::cuda {

namespace {

constexpr int kOldestMajor = 8;  // compute capability 8.0: bfloat16, TF32, cp.async

int fail(SvpCudaStatus* status, ErrorCode code, const char* message, std::int64_t row = -1, std::int64_t column = -1) {
  status->code = 1 + static_cast<std::int32_t>(code);
  status->row = row;
  status->column = column;
  std::snprintf(status->message, sizeof(status->message), "%s", message);
  return status->code;
}

template <typename Body>
int guarded(SvpCudaStatus* status, const Body& body) {
  status->code = 0;
  try {
    body();
    return 0;
  } catch (const Error& error) {
    return fail(status, error.code, error.what(), error.row, error.column);
  } catch (const std::bad_alloc&) {
    return fail(status, ErrorCode::memory, "The work does not fit into memory.");
  } catch (const std::exception& error) {
    return fail(status, ErrorCode::internal, error.what());
  } catch (...) {
    return fail(status, ErrorCode::internal, "Unexpected failure in the CUDA library.");
  }
}

// Those old enough for the kernels are left out; that all are is an error.
std::vector<int> usable_devices() {
  std::vector<int> usable;
  const int count = device_count();
  std::string found;
  for (int device = 0; device < count; device++) {
    const DeviceFacts facts = device_facts(device);
    if (facts.major >= kOldestMajor) usable.push_back(device);
    found += (device > 0 ? ", " : "") + facts.name + " (compute capability " + std::to_string(facts.major) + "." +
             std::to_string(facts.minor) + ")";
  }
  if (usable.empty()) {
    throw Error(ErrorCode::device, count == 0 ? "CUDA finds no device."
                                              : "No device is new enough (compute capability 8.0): " + found + ".");
  }
  return usable;
}

KCenters& of(void* self) { return *static_cast<KCenters*>(self); }

}  // namespace

std::vector<int> choose_devices(const std::string& wanted) {
  const std::vector<int> usable = usable_devices();
  if (wanted.empty()) return usable;
  std::vector<int> chosen;
  const char* at = wanted.c_str();
  for (;;) {
    char* end = nullptr;
    const long device = std::strtol(at, &end, 10);
    const bool there = end != at && std::find(usable.begin(), usable.end(), device) != usable.end();
    if (!there) {
      std::string list;
      for (const int one : usable) list += (list.empty() ? "" : ", ") + std::to_string(one);
      throw Error(ErrorCode::device, "There is no CUDA device \"" + wanted.substr(at - wanted.c_str()) +
                                         "\" that can be used; those that can: " + list + ".");
    }
    if (std::find(chosen.begin(), chosen.end(), device) == chosen.end()) chosen.push_back(static_cast<int>(device));
    if (*end == '\0') return chosen;
    at = *end == ',' ? end + 1 : end;
  }
}

namespace {

int list_devices(const char* settings, SvpCudaDevice* out, std::size_t room, std::size_t* count,
                 SvpCudaStatus* status) {
  return guarded(status, [&] {
    configure(settings);
    const std::vector<int> usable = usable_devices();
    *count = usable.size();
    for (std::size_t i = 0; i < std::min(room, usable.size()); i++) {
      const DeviceFacts facts = device_facts(usable[i]);
      std::snprintf(out[i].name, sizeof(out[i].name), "%s", facts.name.c_str());
      out[i].major = facts.major;
      out[i].minor = facts.minor;
      out[i].processors = facts.processors;
      out[i].memory_bytes = facts.memory;
    }
  });
}

int create(const SvpCudaFeatures* features, const SvpCudaJob* job, const SvpCudaOptions* options, void** self,
           SvpCudaStatus* status) {
  return guarded(status, [&] {
    configure(options->settings);
    *self = new KCenters(*features, *job, choose_devices(options->devices), options->settings, options->block);
  });
}

void destroy(void* self) { delete static_cast<KCenters*>(self); }

int load(void* self, double largest, std::uint32_t first_center, SvpCudaStatus* status) {
  return guarded(status, [&] { of(self).load(largest, first_center); });
}

int restore(void* self, double largest, const std::uint32_t* centers, std::size_t count, const double* m,
            const std::uint32_t* applied, const std::uint32_t* nearest, std::size_t rows, SvpCudaStatus* status) {
  return guarded(status, [&] {
    KCenterState state;
    state.m.assign(m, m + rows);
    state.applied.assign(applied, applied + rows);
    state.nearest.assign(nearest, nearest + rows);
    of(self).restore(largest, {centers, centers + count}, state);
  });
}

int add(void* self, std::uint32_t row, SvpCudaStatus* status) {
  return guarded(status, [&] { of(self).add_center(row); });
}

int distance(void* self, std::uint32_t row, double* m, SvpCudaStatus* status) {
  return guarded(status, [&] { *m = of(self).distance(row); });
}

int open_round(void* self, double* farthest, SvpCudaStatus* status) {
  return guarded(status, [&] { *farthest = of(self).open_round(); });
}

int pick(void* self, std::size_t limit, double stop, const SvpCudaPick** picks, std::size_t* count,
         SvpCudaStatus* status) {
  return guarded(status, [&] {
    const std::vector<SvpCudaPick>& made = of(self).pick(limit, stop);
    *picks = made.data();
    *count = made.size();
  });
}

int refresh(void* self, SvpCudaStatus* status) {
  return guarded(status, [&] { of(self).refresh_all(); });
}

int read_state(void* self, double* m, std::uint32_t* applied, std::uint32_t* nearest, std::uint8_t* taken,
               SvpCudaStatus* status) {
  return guarded(status, [&] {
    KCenterState state;
    of(self).read_state(state);
    std::copy(state.m.begin(), state.m.end(), m);
    std::copy(state.applied.begin(), state.applied.end(), applied);
    std::copy(state.nearest.begin(), state.nearest.end(), nearest);
    std::copy(state.taken.begin(), state.taken.end(), taken);
  });
}

void read_counters(void* self, SvpCudaCounters* out) { of(self).counters(*out); }

int pairs(const float* a, std::size_t a_rows, const float* b, std::size_t b_rows, std::size_t columns, int squared,
          const SvpCudaJob* job, const SvpCudaOptions* options, double* out, SvpCudaStatus* status) {
  return guarded(status, [&] {
    configure(options->settings);
    pairwise_distances(a, a_rows, b, b_rows, columns, squared != 0, Job(*job), choose_devices(options->devices)[0],
                       options->settings, out);
  });
}

int score(const float* logits, std::size_t rows, std::size_t columns, int on_device, const SvpCudaJob* job,
          const SvpCudaOptions* options, float* entropy, float* least_confidence, float* margin, std::size_t* invalid,
          SvpCudaStatus* status) {
  return guarded(status, [&] {
    configure(options->settings);
    *invalid = uncertainty(logits, rows, columns, on_device != 0, Job(*job), choose_devices(options->devices)[0],
                           options->settings, {entropy, least_confidence, margin});
  });
}

int forget(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count, std::uint32_t* presentations,
           std::uint32_t* events, std::uint8_t* state, std::size_t length, int on_device,
           const SvpCudaOptions* options, SvpCudaStatus* status) {
  return guarded(status, [&] {
    configure(options->settings);
    forgetting_update(indices, correct, count, {presentations, events, state, length}, on_device != 0,
                      choose_devices(options->devices)[0]);
  });
}

}  // namespace

}  // namespace svp::cuda

extern "C" __attribute__((visibility("default"))) const SvpCudaTable* svp_cuda_open() {
  using namespace svp::cuda;
  static const SvpCudaTable table = {kSvpCudaAbi, version(),      list_devices, create,     destroy,
                                     load,        restore,        add,          distance,   open_round,
                                     pick,        refresh,        read_state,   read_counters, pairs,
                                     score,       forget};
  return &table;
}

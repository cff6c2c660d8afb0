// A device made of host memory, for tests: as many as they ask for, as small as they ask for, and failing where they
// ask for it. Settings: host-devices=N, host-memory=BYTES (of each), host-fail=N (the N-th allocation finds no memory),
// host-lost=N (the N-th kernel finds the device gone, and all that follow).
#include <cstdlib>
#include <cstring>
#include <map>

#include "fibers.h"
#include "../runtime.h"

namespace svp::cuda {

namespace {

struct Host {
  std::uint64_t devices = 1;
  std::uint64_t memory = std::uint64_t{1} << 30;
  std::uint64_t fail_at = 0, allocations = 0;
  std::uint64_t lose_at = 0, kernels = 0;
  std::map<int, std::size_t> used;
  std::map<void*, std::pair<int, std::size_t>> blocks;
};

// One for each system thread: jobs of different tests run side by side.
Host& host() {
  static thread_local Host one;
  return one;
}
thread_local int current = 0;

}  // namespace

void configure(const std::string& settings) {
  Host& h = host();
  h.devices = setting(settings, "host-devices", 1);
  h.memory = setting(settings, "host-memory", std::uint64_t{1} << 30);
  h.fail_at = setting(settings, "host-fail", 0);
  h.lose_at = setting(settings, "host-lost", 0);
  h.allocations = 0;
  h.kernels = 0;
}

const char* version() { return "cuda-host"; }

int device_count() {
  if (host().devices == 0) {
    throw Error(ErrorCode::device, "CUDA could not find a device: no CUDA-capable device is detected (pretended).");
  }
  return static_cast<int>(host().devices);
}

DeviceFacts device_facts(int device) {
  return {"host stand-in " + std::to_string(device), 9, 0, 4, static_cast<std::size_t>(host().memory)};
}

void use_device(int device) { current = device; }
std::size_t free_memory() { return host().memory - host().used[current]; }

void* allocate_device(std::size_t bytes) {
  Host& h = host();
  h.allocations++;
  if (h.allocations == h.fail_at || h.used[current] + bytes > h.memory) {
    throw Error(ErrorCode::memory, "CUDA could not allocate " + std::to_string(bytes) +
                                       " bytes on the device: out of memory (pretended).");
  }
  void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  std::memset(memory, 0xab, bytes);
  h.used[current] += bytes;
  h.blocks[memory] = {current, bytes};
  return memory;
}

void free_device(void* memory) noexcept {
  if (memory == nullptr) return;
  Host& h = host();
  const auto at = h.blocks.find(memory);
  if (at != h.blocks.end()) {
    h.used[at->second.first] -= at->second.second;
    h.blocks.erase(at);
  }
  std::free(memory);
}

void* allocate_pinned(std::size_t bytes) { return std::malloc(bytes); }
void free_pinned(void* memory) noexcept { std::free(memory); }

Stream make_stream() { return nullptr; }
void destroy_stream(Stream) noexcept {}
Event make_event() { return nullptr; }
void destroy_event(Event) noexcept {}
void record(Event, Stream) {}
void wait(Stream, Event) {}
void synchronize(Stream) {}
void synchronize_event(Event) {}
void copy_to_device(void* to, const void* from, std::size_t bytes, Stream) { std::memcpy(to, from, bytes); }
void copy_to_host(void* to, const void* from, std::size_t bytes, Stream) { std::memcpy(to, from, bytes); }
void fill_device(void* memory, int byte, std::size_t bytes, Stream) { std::memset(memory, byte, bytes); }

void launch_kernel(const void* kernel, void (*invoke)(const void*, void**), Size3 grid, Size3 block,
                   std::size_t shared_bytes, Stream, void** arguments) {
  Host& h = host();
  h.kernels++;
  if (h.lose_at != 0 && h.kernels >= h.lose_at) {
    throw Error(ErrorCode::device, "CUDA could not start a kernel: the device was lost (pretended).");
  }
  shim::run_grid({grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, shared_bytes, invoke, kernel, arguments);
}

}  // namespace svp::cuda

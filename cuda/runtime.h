// Memory, streams and events of a device. Two implementations: runtime.cu asks CUDA; host/runtime_host.cc, for the
// tests, uses host memory and runs the kernels there. Everything throws svp::Error: `memory` where an allocation does
// not fit, `device` for all else, with CUDA's own text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "svp/error.h"

namespace svp::cuda {

using Stream = void*;
using Event = void*;

struct Size3 {
  unsigned x = 1, y = 1, z = 1;
};

struct DeviceFacts {
  std::string name;
  int major = 0, minor = 0;
  int processors = 0;
  std::size_t memory = 0;  // bytes
};

// Words of the form key=number in the settings of a call; `otherwise` where there is none.
std::uint64_t setting(const std::string& settings, const std::string& key, std::uint64_t otherwise);
std::string setting_text(const std::string& settings, const std::string& key);

// What the tests set: how the host's stand-in behaves. The real one ignores it.
void configure(const std::string& settings);

const char* version();
int device_count();
DeviceFacts device_facts(int device);
void use_device(int device);
std::size_t free_memory();

void* allocate_device(std::size_t bytes);
void free_device(void* memory) noexcept;
void* allocate_pinned(std::size_t bytes);
void free_pinned(void* memory) noexcept;

Stream make_stream();
void destroy_stream(Stream stream) noexcept;
Event make_event();
void destroy_event(Event event) noexcept;
void record(Event event, Stream stream);
void wait(Stream stream, Event event);
void synchronize(Stream stream);
void synchronize_event(Event event);

// Asynchronous where the host side is pinned.
void copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream);
void copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream);
void fill_device(void* memory, int byte, std::size_t bytes, Stream stream);

// Use launch() of launch.h.
void launch_kernel(const void* kernel, void (*invoke)(const void* kernel, void** arguments), Size3 grid, Size3 block,
                   std::size_t shared_bytes, Stream stream, void** arguments);

}  // namespace svp::cuda

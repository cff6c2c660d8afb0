// The device as CUDA's runtime gives it.
#include "runtime.h"

#include <cuda_runtime.h>

namespace svp::cuda {

namespace {

void check(cudaError_t result, const char* what) {
  if (result == cudaSuccess) return;
  cudaGetLastError();  // forget it, where it can be forgotten: the next call must not report it again
  const bool memory = result == cudaErrorMemoryAllocation;
  throw Error(memory ? ErrorCode::memory : ErrorCode::device,
              std::string("CUDA could not ") + what + ": " + cudaGetErrorString(result) + " (" +
                  cudaGetErrorName(result) + ").");
}

cudaStream_t of(Stream stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t of_event(Event event) { return static_cast<cudaEvent_t>(event); }

}  // namespace

#define SVP_TEXT(x) #x
#define SVP_NUMBER(x) SVP_TEXT(x)
const char* version() {
  return "cuda, compiled by CUDA " SVP_NUMBER(__CUDACC_VER_MAJOR__) "." SVP_NUMBER(__CUDACC_VER_MINOR__);
}

void configure(const std::string&) {}

int device_count() {
  int count = 0;
  check(cudaGetDeviceCount(&count), "find a device");
  return count;
}

DeviceFacts device_facts(int device) {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, device), "describe a device");
  return {properties.name, properties.major, properties.minor, properties.multiProcessorCount,
          properties.totalGlobalMem};
}

void use_device(int device) { check(cudaSetDevice(device), "use the device"); }

std::size_t free_memory() {
  std::size_t left = 0, total = 0;
  check(cudaMemGetInfo(&left, &total), "say how much memory is free");
  return left;
}

void* allocate_device(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes), ("allocate " + std::to_string(bytes) + " bytes on the device").c_str());
  return memory;
}

void free_device(void* memory) noexcept {
  if (memory != nullptr) cudaFree(memory);
}

void* allocate_pinned(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMallocHost(&memory, bytes), ("pin " + std::to_string(bytes) + " bytes of host memory").c_str());
  return memory;
}

void free_pinned(void* memory) noexcept {
  if (memory != nullptr) cudaFreeHost(memory);
}

Stream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "make a stream");
  return stream;
}

void destroy_stream(Stream stream) noexcept { cudaStreamDestroy(of(stream)); }

Event make_event() {
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "make an event");
  return event;
}

void destroy_event(Event event) noexcept { cudaEventDestroy(of_event(event)); }
void record(Event event, Stream stream) { check(cudaEventRecord(of_event(event), of(stream)), "record an event"); }
void wait(Stream stream, Event event) {
  check(cudaStreamWaitEvent(of(stream), of_event(event), 0), "wait for an event");
}
void synchronize(Stream stream) { check(cudaStreamSynchronize(of(stream)), "finish its work"); }
void synchronize_event(Event event) { check(cudaEventSynchronize(of_event(event)), "finish its work"); }

void copy_to_device(void* to, const void* from, std::size_t bytes, Stream stream) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, of(stream)), "copy to the device");
}

void copy_to_host(void* to, const void* from, std::size_t bytes, Stream stream) {
  check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, of(stream)), "copy from the device");
}

void fill_device(void* memory, int byte, std::size_t bytes, Stream stream) {
  check(cudaMemsetAsync(memory, byte, bytes, of(stream)), "fill memory of the device");
}

void launch_kernel(const void* kernel, void (*)(const void*, void**), Size3 grid, Size3 block, std::size_t shared_bytes,
                   Stream stream, void** arguments) {
  if (shared_bytes > 48 * 1024) {
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes)),
          "give a kernel its shared memory");
  }
  check(cudaLaunchKernel(kernel, dim3(grid.x, grid.y, grid.z), dim3(block.x, block.y, block.z), arguments, shared_bytes,
                         of(stream)),
        "start a kernel");
}

}  // namespace svp::cuda

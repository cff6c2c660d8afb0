// Forgetting counters of one mini-batch. An example may occur several times in it, and its occurrences count in their
// order: whoever holds the first does them all.
#include "arrays.h"
#include "device.h"
#include "launch.h"
#include "operations.h"

namespace svp::cuda {

namespace {

constexpr unsigned kThreads = 256;

// Of native/core/forgetting.h, by which the processor counts.
constexpr std::uint8_t kNeverPresented = 0;
constexpr std::uint8_t kNeverCorrect = 1;
constexpr std::uint8_t kWrongNow = 2;
constexpr std::uint8_t kCorrectNow = 3;

struct Task {
  const std::uint32_t* indices;
  const std::uint8_t* correct;
  std::uint32_t count;
  ForgettingArrays counters;
  std::uint32_t* first;   // per example: position of its first occurrence, all ones before and after
  std::uint32_t* repeats; // per example: occurrences, 0 before and after
};

__global__ void __launch_bounds__(kThreads) find_kernel(Task t) {
  const std::uint32_t at = blockIdx.x * kThreads + threadIdx.x;
  if (at >= t.count || t.indices[at] >= t.counters.length) return;
  atomicMin(t.first + t.indices[at], at);
  atomicAdd(t.repeats + t.indices[at], std::uint32_t{1});
}

__global__ void __launch_bounds__(kThreads) count_kernel(Task t) {
  const std::uint32_t at = blockIdx.x * kThreads + threadIdx.x;
  if (at >= t.count) return;
  const std::uint32_t example = t.indices[at];
  if (example >= t.counters.length || t.first[example] != at) return;
  std::uint32_t left = t.repeats[example];
  std::uint8_t state = t.counters.state[example];
  t.counters.presentations[example] += left;
  for (std::uint32_t i = at; left > 0; i++) {
    if (t.indices[i] != example) continue;
    left--;
    if (t.correct[i] != 0) {
      state = kCorrectNow;
    } else if (state == kCorrectNow) {
      t.counters.events[example]++;
      state = kWrongNow;
    } else if (state == kNeverPresented) {
      state = kNeverCorrect;
    }
  }
  t.counters.state[example] = state;
}

__global__ void __launch_bounds__(kThreads) clear_kernel(Task t) {
  const std::uint32_t at = blockIdx.x * kThreads + threadIdx.x;
  if (at >= t.count || t.indices[at] >= t.counters.length) return;
  t.first[t.indices[at]] = kNone;
  t.repeats[t.indices[at]] = 0;
}

}  // namespace

void forgetting_update(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count,
                       const ForgettingArrays& counters, bool on_device, int device) {
  if (count == 0) return;
  // Positions are 32 bits, and those of the last block must not wrap.
  if (count > kNone - kThreads) throw Error(ErrorCode::shape, "A mini-batch of 2^32 examples cannot be counted.");
  use_device(device);
  OwnedStream stream;
  DeviceArray<std::uint32_t> first(counters.length), repeats(counters.length);
  fill_device(first.data(), 0xff, first.bytes(), stream);
  fill_device(repeats.data(), 0, repeats.bytes(), stream);
  DeviceArray<std::uint32_t> indices_there, presentations, events;
  DeviceArray<std::uint8_t> correct_there, state;
  Task task{indices, correct, static_cast<std::uint32_t>(count), counters, first.data(), repeats.data()};
  if (!on_device) {
    const auto bring = [&](auto& array, const auto* from, std::size_t size) {
      array.resize(size);
      copy_to_device(array.data(), from, array.bytes(), stream);
      return array.data();
    };
    task.indices = bring(indices_there, indices, count);
    task.correct = bring(correct_there, correct, count);
    task.counters.presentations = bring(presentations, counters.presentations, counters.length);
    task.counters.events = bring(events, counters.events, counters.length);
    task.counters.state = bring(state, counters.state, counters.length);
  }
  const Size3 grid = blocks_for(count, kThreads, ~std::size_t{0});
  launch(find_kernel, grid, {kThreads}, 0, stream, task);
  launch(count_kernel, grid, {kThreads}, 0, stream, task);
  launch(clear_kernel, grid, {kThreads}, 0, stream, task);
  if (!on_device) {
    copy_to_host(counters.presentations, task.counters.presentations, presentations.bytes(), stream);
    copy_to_host(counters.events, task.counters.events, events.bytes(), stream);
    copy_to_host(counters.state, task.counters.state, state.bytes(), stream);
  }
  synchronize(stream);
}

}  // namespace svp::cuda

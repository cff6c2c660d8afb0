// The `wanted` farthest rows of the race in the order (m descending, row ascending), and the first after them: a radix
// search for the key of that one, then one pass that collects what lies before it. A key is 96 bits: the complement of
// m's bits (m is never negative, so they are ordered), then the row; keys are distinct, so the cut is exact. Each of the
// nine passes reads 9 bytes a row.
#include "k_center_kernels.h"
#include "launch.h"

namespace svp::cuda {

namespace {

constexpr unsigned kThreads = 256;
constexpr unsigned kBins = 2048;
constexpr int kPasses = 9;

struct Work {
  std::uint32_t bins[kBins];
  unsigned long long key_m;  // digits found so far, the rest 0
  std::uint32_t key_row;
  std::uint32_t rank;   // of the wanted key among those that share the digits found
  std::uint32_t found;  // 0: fewer rows are in the race than wanted, all are members
};

// Pass p takes `bits` bits of m's key or the row's from `shift` up.
struct Digit {
  bool of_row;
  unsigned shift, bits;
};
SVP_DEVICE Digit digit_of(int pass) {
  switch (pass) {
    case 0: return {false, 53, 11};
    case 1: return {false, 42, 11};
    case 2: return {false, 31, 11};
    case 3: return {false, 20, 11};
    case 4: return {false, 9, 11};
    case 5: return {false, 0, 9};
    case 6: return {true, 21, 11};
    case 7: return {true, 10, 11};
    default: return {true, 0, 10};
  }
}

SVP_DEVICE unsigned long long key_of(double m) { return ~static_cast<unsigned long long>(__double_as_longlong(m)); }

__global__ void __launch_bounds__(kThreads) count_kernel(SelectTask t, int pass) {
  __shared__ std::uint32_t bins[kBins];
  Work& work = *static_cast<Work*>(t.work);
  if (work.found == 0) return;
  for (unsigned b = threadIdx.x; b < kBins; b += kThreads) bins[b] = 0;
  __syncthreads();
  const Digit digit = digit_of(pass);
  const unsigned long long key_m = work.key_m;
  const std::uint32_t key_row = work.key_row;
  // Higher digits, all found.
  const unsigned above = digit.shift + digit.bits;
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * kThreads;
  for (std::size_t at = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x; at < t.rows; at += step) {
    const std::uint32_t i = static_cast<std::uint32_t>(at);
    if (t.taken[i] != 0) continue;
    const unsigned long long m = key_of(t.m[i]);
    bool same;
    if (digit.of_row) same = m == key_m && (above >= 32 || i >> above == key_row >> above);
    else same = above >= 64 || m >> above == key_m >> above;
    if (!same) continue;
    const unsigned long long value = digit.of_row ? i : m;
    atomicAdd(&bins[value >> digit.shift & ((1u << digit.bits) - 1)], std::uint32_t{1});
  }
  __syncthreads();
  for (unsigned b = threadIdx.x; b < kBins; b += kThreads) {
    if (bins[b] != 0) atomicAdd(&work.bins[b], bins[b]);
  }
}

// One block: the bin in which the wanted rank lies becomes the next digit; the bins are cleared for the next pass.
__global__ void __launch_bounds__(kThreads) digit_kernel(SelectTask t, int pass) {
  constexpr unsigned each = kBins / kThreads;
  __shared__ std::uint32_t sums[2][kThreads];
  __shared__ std::uint32_t rank;
  Work& work = *static_cast<Work*>(t.work);
  if (work.found == 0) return;
  std::uint32_t mine[each];
  std::uint32_t sum = 0;
  for (unsigned b = 0; b < each; b++) {
    mine[b] = work.bins[threadIdx.x * each + b];
    work.bins[threadIdx.x * each + b] = 0;
    sum += mine[b];
  }
  sums[0][threadIdx.x] = sum;
  if (threadIdx.x == 0) rank = work.rank;
  __syncthreads();
  int from = 0;
  for (unsigned by = 1; by < kThreads; by *= 2) {
    sums[1 - from][threadIdx.x] = sums[from][threadIdx.x] + (threadIdx.x >= by ? sums[from][threadIdx.x - by] : 0);
    from = 1 - from;
    __syncthreads();
  }
  const std::uint32_t all = sums[from][kThreads - 1];
  std::uint32_t before = sums[from][threadIdx.x] - sum;
  if (rank >= all) {  // only in the first pass: later ones look within a bin that holds the rank
    if (threadIdx.x == 0) work.found = 0;
    return;
  }
  if (rank < before || rank >= before + sum) return;
  for (unsigned b = 0; b < each; b++) {
    if (rank < before + mine[b]) {
      const Digit digit = digit_of(pass);
      const unsigned value = threadIdx.x * each + b;
      if (digit.of_row) work.key_row |= value << digit.shift;
      else work.key_m |= static_cast<unsigned long long>(value) << digit.shift;
      work.rank = rank - before;
      return;
    }
    before += mine[b];
  }
}

__global__ void __launch_bounds__(kThreads) begin_kernel(SelectTask t) {
  Work& work = *static_cast<Work*>(t.work);
  for (unsigned b = threadIdx.x; b < kBins; b += kThreads) work.bins[b] = 0;
  if (threadIdx.x != 0) return;
  work.key_m = 0;
  work.key_row = 0;
  work.rank = t.wanted;
  work.found = 1;
  t.header->members = 0;
}

__global__ void __launch_bounds__(kThreads) collect_kernel(SelectTask t) {
  const Work& work = *static_cast<const Work*>(t.work);
  const bool all = work.found == 0;
  const unsigned long long key_m = work.key_m;
  const std::uint32_t key_row = work.key_row;
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * kThreads;
  for (std::size_t at = static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x; at < t.rows; at += step) {
    const std::uint32_t i = static_cast<std::uint32_t>(at);
    if (t.taken[i] != 0) continue;
    const double m = t.m[i];
    const unsigned long long key = key_of(m);
    if (all || key < key_m || (key == key_m && i < key_row)) {
      t.members[atomicAdd(&t.header->members, std::uint32_t{1})] = {m, i, 0};
    }
  }
  if (blockIdx.x == 0 && threadIdx.x == 0) {
    t.header->more = all ? 0 : 1;
    t.header->boundary_m = all ? -1.0 : __longlong_as_double(static_cast<long long>(~key_m));
    t.header->boundary_row = all ? kNone : key_row;
  }
}

}  // namespace

std::size_t select_work_bytes() { return sizeof(Work); }

void select_farthest(const SelectTask& task, int processors, Stream stream) {
  const Size3 grid = blocks_for(task.rows, kThreads, static_cast<std::size_t>(processors) * 8);
  launch(begin_kernel, {1}, {kThreads}, 0, stream, task);
  for (int pass = 0; pass < kPasses; pass++) {
    launch(count_kernel, grid, {kThreads}, 0, stream, task, pass);
    launch(digit_kernel, {1}, {kThreads}, 0, stream, task, pass);
  }
  launch(collect_kernel, grid, {kThreads}, 0, stream, task);
}

}  // namespace svp::cuda

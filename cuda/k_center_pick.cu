// The greedy loop inside the block, without the host: one block of 1,024 threads holds m of up to 4,096 members in
// registers; a pick is one reduction (two rounds of shuffles and one barrier) and one row of exact D2.
#include "k_center_kernels.h"
#include "launch.h"

namespace svp::cuda {

namespace {

constexpr unsigned kThreads = 1024;
constexpr unsigned kEach = kLargestBlock / kThreads;

struct Best {
  double m;           // −1: none
  std::uint32_t row;
  std::uint32_t at;   // place among the members
};

SVP_DEVICE bool before(double m, std::uint32_t row, double other_m, std::uint32_t other_row) {
  return m > other_m || (m == other_m && row < other_row);
}

// The first of the warp's, in all lanes.
SVP_DEVICE Best best_of_warp(Best best) {
#pragma unroll
  for (int mask = 16; mask > 0; mask >>= 1) {
    const double m = __shfl_xor_sync(kWholeWarp, best.m, mask);
    const std::uint32_t row = __shfl_xor_sync(kWholeWarp, best.row, mask);
    const std::uint32_t at = __shfl_xor_sync(kWholeWarp, best.at, mask);
    if (before(m, row, best.m, best.row)) best = {m, row, at};
  }
  return best;
}

__global__ void __launch_bounds__(kThreads) pick_kernel(PickTask t) {
  __shared__ double warp_m[2][32];
  __shared__ std::uint32_t warp_row[2][32];
  __shared__ std::uint32_t warp_at[2][32];
  const unsigned lane = threadIdx.x % 32;
  const unsigned warp = threadIdx.x / 32;
  double m[kEach];
  std::uint32_t row[kEach];
#pragma unroll
  for (unsigned q = 0; q < kEach; q++) {
    const std::uint32_t at = threadIdx.x + q * kThreads;
    m[q] = at < t.count ? t.members[at].m : -1.0;
    row[q] = at < t.count ? t.members[at].row : kNone;
  }
  std::uint32_t picked = 0;
  bool exhausted = false;
  for (unsigned turn = 0;; turn ^= 1) {
    Best best{-1.0, kNone, 0};
#pragma unroll
    for (unsigned q = 0; q < kEach; q++) {
      if (m[q] >= 0 && before(m[q], row[q], best.m, best.row)) best = {m[q], row[q], threadIdx.x + q * kThreads};
    }
    best = best_of_warp(best);
    if (lane == 0) {
      warp_m[turn][warp] = best.m;
      warp_row[turn][warp] = best.row;
      warp_at[turn][warp] = best.at;
    }
    // The other half of the arrays was read before this barrier by all, and is written after it at the earliest.
    __syncthreads();
    best = best_of_warp({warp_m[turn][lane], warp_row[turn][lane], warp_at[turn][lane]});
    if (!(best.m >= 0) || !before(best.m, best.row, t.boundary_m, t.boundary_row)) {
      exhausted = true;
      break;
    }
    if (picked == t.limit || !(best.m > t.stop)) break;
    if (threadIdx.x == 0) t.picks[picked] = {best.m, best.row, 0};
    picked++;
    const double* squares = t.squares + best.at * t.stride;
#pragma unroll
    for (unsigned q = 0; q < kEach; q++) {
      const std::uint32_t at = threadIdx.x + q * kThreads;
      if (at == best.at) m[q] = -1.0;
      if (m[q] >= 0) {
        const double square = squares[at];
        if (square < m[q]) m[q] = square;
      }
    }
  }
#pragma unroll
  for (unsigned q = 0; q < kEach; q++) {
    const std::uint32_t at = threadIdx.x + q * kThreads;
    if (at < t.count) t.members[at].m = m[q];
  }
  if (threadIdx.x == 0) *t.header = {picked, exhausted ? 1u : 0u};
}

}  // namespace

void pick_in_block(const PickTask& task, Stream stream) {
  launch(pick_kernel, {1}, {kThreads}, 0, stream, task);
}

}  // namespace svp::cuda

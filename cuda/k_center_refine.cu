// Decisions: D2 in float64 for the pairs that the filter left, folded into m and nearest. The result does not depend on
// the order: m is a minimum, and `nearest` is the lowest position among those that reach it.
#include "k_center_kernels.h"
#include "launch.h"

namespace svp::cuda {

namespace {

constexpr unsigned kThreads = 256;

// First pass: D2 of each pair by eight lanes, and m. Whoever lowers m takes the old nearest away.
__global__ void __launch_bounds__(kThreads) decide_kernel(RefineTask t) {
  const unsigned lane = threadIdx.x % 8;
  const unsigned in_warp = threadIdx.x % 32 / 8;
  const unsigned long long count = *t.count;
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * (kThreads / 8);
  // The four pairs of a warp begin and end together, because they exchange sums.
  for (unsigned long long first = (static_cast<unsigned long long>(blockIdx.x) * kThreads + threadIdx.x) / 32 * 4;
       first < count; first += step) {
    const unsigned long long at = first + in_warp;
    const Pair pair = t.pairs[at < count ? at : first];
    const double square = squared_distance_by_8(t.x + pair.row * t.columns, t.centers + pair.center * t.columns,
                                                t.columns, lane);
    if (lane != 0 || at >= count) continue;
    t.squares[at] = square;
    if (atomic_lower(t.m + pair.row, square) > square) t.nearest[pair.row] = kNone;
  }
}

// Second pass: of the pairs that reach m, the lowest position.
__global__ void __launch_bounds__(kThreads) settle_kernel(RefineTask t) {
  const unsigned long long count = *t.count;
  const unsigned long long step = static_cast<unsigned long long>(gridDim.x) * kThreads;
  for (unsigned long long at = static_cast<unsigned long long>(blockIdx.x) * kThreads + threadIdx.x; at < count;
       at += step) {
    const Pair pair = t.pairs[at];
    if (t.squares[at] == t.m[pair.row]) atomicMin(t.nearest + pair.row, t.first_position + pair.center);
  }
  if (blockIdx.x == 0 && threadIdx.x == 0) *t.total += count;
}

__global__ void __launch_bounds__(kThreads) apply_kernel(ApplyTask t) {
  const unsigned lane = threadIdx.x % 8;
  const unsigned in_warp = threadIdx.x % 32 / 8;
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * (kThreads / 8);
  for (std::size_t first = (static_cast<std::size_t>(blockIdx.x) * kThreads + threadIdx.x) / 32 * 4; first < t.rows;
       first += step) {
    const std::size_t i = first + in_warp;
    const double square =
        squared_distance_by_8(t.x + (i < t.rows ? i : first) * t.columns, t.center, t.columns, lane);
    if (lane != 0 || i >= t.rows) continue;
    if (square < t.m[i] || (square == t.m[i] && t.position < t.nearest[i])) {
      t.m[i] = square;
      t.nearest[i] = t.position;
    }
  }
}

}  // namespace

void refine_pairs(const RefineTask& task, int processors, Stream stream) {
  const Size3 grid{static_cast<unsigned>(processors) * 8, 1, 1};
  launch(decide_kernel, grid, {kThreads}, 0, stream, task);
  launch(settle_kernel, grid, {kThreads}, 0, stream, task);
}

void apply_center(const ApplyTask& task, int processors, Stream stream) {
  if (task.rows == 0) return;
  launch(apply_kernel, blocks_for(task.rows, kThreads / 8, static_cast<std::size_t>(processors) * 16), {kThreads}, 0,
         stream, task);
}

}  // namespace svp::cuda

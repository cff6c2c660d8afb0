// D2 of all pairs of two sets of rows, by its definition in float64: 32 × 32 pairs a block of 256 threads, 2 × 2 a
// thread with eight accumulators each. Both sides of a slab of 32 columns lie in shared memory as float64, so that each
// value is widened once a block and not once a pair. 3 operations of float64 a pair and column.
#include "k_center_kernels.h"
#include "launch.h"

namespace svp::cuda {

namespace {

constexpr unsigned kSide = 32;  // pairs of a block, each way
constexpr unsigned kSlab = 32;  // columns at a time; a multiple of 8
constexpr unsigned kThreads = 256;
constexpr unsigned kStride = kSlab + 1;  // rows begin in different banks

// Columns from `k` of rows from `first`, zeros past the end: adding (0 − 0)² leaves an accumulator as it is.
SVP_DEVICE void widen(double* to, const float* from, std::size_t first, std::size_t rows, std::size_t k,
                      std::size_t columns) {
  for (unsigned c = threadIdx.x; c < kSide * kSlab; c += kThreads) {
    const unsigned row = c / kSlab;
    const unsigned column = c % kSlab;
    const bool there = first + row < rows && k + column < columns;
    to[row * kStride + column] = there ? static_cast<double>(from[(first + row) * columns + k + column]) : 0.0;
  }
}

__global__ void __launch_bounds__(kThreads) pairs_kernel(PairsTask t) {
  __shared__ double a_side[kSide * kStride];
  __shared__ double b_side[kSide * kStride];
  const std::size_t first_a = static_cast<std::size_t>(blockIdx.y) * kSide;
  const std::size_t first_b = static_cast<std::size_t>(blockIdx.x) * kSide;
  if (t.symmetric && blockIdx.x < blockIdx.y) return;  // its mirror image writes both
  const unsigned x = threadIdx.x % 16;
  const unsigned y = threadIdx.x / 16;
  double sums[2][2][8];
#pragma unroll
  for (int i = 0; i < 2; i++) {
#pragma unroll
    for (int j = 0; j < 2; j++) {
#pragma unroll
      for (int l = 0; l < 8; l++) sums[i][j][l] = 0;
    }
  }
  for (std::size_t k = 0; k < t.columns; k += kSlab) {
    __syncthreads();
    widen(a_side, t.a, first_a, t.a_rows, k, t.columns);
    widen(b_side, t.b, first_b, t.b_rows, k, t.columns);
    __syncthreads();
    for (unsigned eight = 0; eight < kSlab; eight += 8) {
#pragma unroll
      for (unsigned l = 0; l < 8; l++) {
        double a[2];
        double b[2];
#pragma unroll
        for (unsigned i = 0; i < 2; i++) {
          a[i] = a_side[(y + 16 * i) * kStride + eight + l];
          b[i] = b_side[(x + 16 * i) * kStride + eight + l];
        }
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
          for (int j = 0; j < 2; j++) {
            const double difference = __dsub_rn(a[i], b[j]);
            sums[i][j][l] = __dadd_rn(sums[i][j][l], __dmul_rn(difference, difference));
          }
        }
      }
    }
  }
#pragma unroll
  for (int i = 0; i < 2; i++) {
#pragma unroll
    for (int j = 0; j < 2; j++) {
      const double* s = sums[i][j];
      const double square = __dadd_rn(__dadd_rn(__dadd_rn(s[0], s[4]), __dadd_rn(s[2], s[6])),
                                      __dadd_rn(__dadd_rn(s[1], s[5]), __dadd_rn(s[3], s[7])));
      const double value = t.root ? __dsqrt_rn(square) : square;
      const std::size_t row = first_a + y + 16 * i;
      const std::size_t column = first_b + x + 16 * j;
      if (row >= t.a_rows || column >= t.b_rows) continue;
      t.out[row * t.stride + column] = value;
      if (t.symmetric) t.out[column * t.stride + row] = value;
    }
  }
}

}  // namespace

void square_distances(const PairsTask& task, Stream stream) {
  if (task.a_rows == 0 || task.b_rows == 0) return;
  const auto sides = [](std::size_t rows) { return static_cast<unsigned>((rows + kSide - 1) / kSide); };
  launch(pairs_kernel, {sides(task.b_rows), sides(task.a_rows)}, {kThreads}, 0, stream, task);
}

}  // namespace svp::cuda

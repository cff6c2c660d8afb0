// Rows of features as rows of the filter, with what their rounding cost. One warp a row; once per row and filter type,
// so bound by memory: 4·columns bytes in, 2 or 4·columns out.
#include "k_center_kernels.h"
#include "launch.h"

namespace svp::cuda {

namespace {

// The nearest value of the type, as the upper bits of a float32; ties to even. |value| ≤ 1.
template <FilterType type>
SVP_DEVICE unsigned round_to(double value) {
  const float f = static_cast<float>(value);
  if (!(fabs(static_cast<double>(f)) >= kSmallest)) return 0;
  unsigned bits = __float_as_uint(f);
  constexpr unsigned dropped = type == FilterType::brain ? 16 : 13;
  bits += (1u << (dropped - 1)) - 1 + (bits >> dropped & 1u);
  return bits >> dropped << dropped;
}

SVP_DEVICE double add_over_warp(double value) {
  for (int mask = 16; mask > 0; mask >>= 1) value += __shfl_xor_sync(kWholeWarp, value, mask);
  return value;
}

// One element: its bits, and what it adds to ‖ẑ‖² and to ‖ẑ − z‖².
template <FilterType type>
SVP_DEVICE unsigned element(const MapTask& t, const float* row, std::size_t k, double& square, double& error) {
  if (k >= t.columns) return 0;
  const double z = (static_cast<double>(row[k]) - static_cast<double>(t.mean[k])) * t.scale;
  const unsigned bits = round_to<type>(z);
  const double stored = static_cast<double>(__uint_as_float(bits));
  square += stored * stored;
  error += (stored - z) * (stored - z);
  return bits;
}

template <FilterType type>
__global__ void __launch_bounds__(256) map_kernel(MapTask t, std::size_t row_bytes) {
  const unsigned lane = threadIdx.x % 32;
  const std::size_t warps = static_cast<std::size_t>(gridDim.x) * (blockDim.x / 32);
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * (blockDim.x / 32) + threadIdx.x / 32; i < t.rows;
       i += warps) {
    const float* row = t.x + i * t.columns;
    unsigned* out = reinterpret_cast<unsigned*>(t.z + i * row_bytes);
    double square = 0;
    double error = 0;
    for (std::size_t w = lane; w < row_bytes / 4; w += 32) {
      if constexpr (type == FilterType::brain) {
        const unsigned low = element<type>(t, row, 2 * w, square, error);
        const unsigned high = element<type>(t, row, 2 * w + 1, square, error);
        out[w] = low >> 16 | high;
      } else {
        out[w] = element<type>(t, row, w, square, error);
      }
    }
    square = add_over_warp(square);
    error = add_over_warp(error);
    if (lane != 0) continue;
    // `relative` covers the sums; the subtraction that made z was rounded once as well, 2⁻⁵³ of each element.
    const double up = 1 + t.bound.relative;
    const double off = sqrt(error) * up + 0x1p-52 * (sqrt(square) + sqrt(error)) + kUnderflow;
    t.radius[i] = __double2float_ru(off * up * (1 + 0x1p-21));
    t.half[i] = __double2float_rd(0.5 * square * (1 - t.bound.relative) * (1 - t.bound.gamma) * (1 - 0x1p-21) -
                                  kUnderflow);
  }
}

__global__ void __launch_bounds__(256) gather_kernel(const float* x, std::size_t columns, const std::uint32_t* rows,
                                                     std::size_t count, float* out) {
  for (std::size_t i = blockIdx.x; i < count; i += gridDim.x) {
    const float* from = x + static_cast<std::size_t>(rows[i]) * columns;
    for (std::size_t k = threadIdx.x; k < columns; k += blockDim.x) out[i * columns + k] = from[k];
  }
}

__global__ void mark_kernel(const std::uint32_t* rows, std::size_t count, std::uint8_t* taken) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < count) taken[rows[i]] = 1;
}

__global__ void reset_kernel(double* m, std::uint32_t* nearest, std::uint8_t* taken, std::size_t rows) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < rows; i += step) {
    m[i] = __longlong_as_double(0x7ff0000000000000LL);
    nearest[i] = kNone;
    taken[i] = 0;
  }
}

}  // namespace

void map_rows(const MapTask& task, FilterType type, int processors, Stream stream) {
  if (task.rows == 0) return;
  const Size3 grid = blocks_for(task.rows, 8, static_cast<std::size_t>(processors) * 8);
  const std::size_t bytes = filter_row_bytes(type, task.columns);
  launch(type == FilterType::brain ? map_kernel<FilterType::brain> : map_kernel<FilterType::tensor>, grid, {256}, 0,
         stream, task, bytes);
}

void gather_rows(const float* x, std::size_t columns, const std::uint32_t* rows, std::size_t count, float* out,
                 int processors, Stream stream) {
  if (count == 0) return;
  launch(gather_kernel, blocks_for(count, 1, static_cast<std::size_t>(processors) * 16), {256}, 0, stream, x, columns,
         rows, count, out);
}

void mark_taken(const std::uint32_t* rows, std::size_t count, std::uint8_t* taken, Stream stream) {
  if (count == 0) return;
  launch(mark_kernel, blocks_for(count, 256, std::size_t{1} << 30), {256}, 0, stream, rows, count, taken);
}

void reset_state(double* m, std::uint32_t* nearest, std::uint8_t* taken, std::size_t rows, int processors,
                 Stream stream) {
  if (rows == 0) return;
  launch(reset_kernel, blocks_for(rows, 256, static_cast<std::size_t>(processors) * 16), {256}, 0, stream, m, nearest,
         taken, rows);
}

}  // namespace svp::cuda

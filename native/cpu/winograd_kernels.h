// The transforms of Winograd's minimal filtering F(2×2, 3×3) (Lavin and Gray 2016, section 4.1), one file per instruction set:
// 16 products for four outputs in place of 36, each a small matrix product over the channels. Its rounding is no worse than
// the direct sum's. Channels are a multiple of kWinogradChannels everywhere; `plane` is the number of floats from one of the 16
// transformed values to the next.
#pragma once

#include <cstddef>

namespace svp::cpu {

constexpr std::size_t kWinogradChannels = 16;
constexpr std::size_t kWinogradPlanes = 16;

struct WinogradKernels {
  // Bᵀ d B of a 4 × 4 tile of the source: rows `row` floats apart, pixels `pixel`.
  void (*source)(const float* source, std::size_t row, std::size_t pixel, std::size_t channels, float* out, std::size_t plane);
  // G g Gᵀ of `channels` filters at a time: their nine taps lie `tap` floats apart.
  void (*filter)(const float* taps, std::size_t tap, std::size_t channels, float* out, std::size_t plane);
  // Aᵀ m A: 2 × 2 outputs, of which `rows` × `columns` are stored; `row` floats between rows of y and of plus.
  void (*output)(const float* in, std::size_t plane, std::size_t channels, float* y, const float* plus, std::size_t row,
                 std::size_t rows, std::size_t columns);
  // A dy Aᵀ: the output's transposition, for the gradient of the filter; the dy that are not there count as zeros.
  void (*gradient)(const float* dy, std::size_t row, std::size_t pixel, std::size_t rows, std::size_t columns,
                   std::size_t channels, float* out, std::size_t plane);
  // Gᵀ s G: the filter's transposition: nine taps `tap` floats apart.
  void (*taps)(const float* in, std::size_t plane, std::size_t channels, float* taps, std::size_t tap);
};

WinogradKernels winograd_kernels_scalar();
WinogradKernels winograd_kernels_avx2();
WinogradKernels winograd_kernels_avx512();
WinogradKernels winograd_kernels_neon();

}  // namespace svp::cpu

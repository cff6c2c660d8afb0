// Register tiles of the convolution kernels over `Lanes`: 6 pixels (or taps) × 2 vectors of output channels. With AVX2 that
// is twelve accumulators, two registers of the packed operand and one broadcast: twelve fused multiply-adds for eight loads,
// so the multipliers and not the load ports are the limit.
#pragma once

#include "convolution_kernels.h"

namespace svp::cpu {
namespace {

constexpr std::size_t kTile = 6;
constexpr std::size_t kPanel = 2 * Lanes::kCount;

template <std::size_t R>
inline void convolve_tile(const ConvolutionPanel& p, std::size_t first) {
  using V = Lanes::V;
  V sum[R][2];
#pragma GCC unroll 6
  for (std::size_t r = 0; r < R; r++) sum[r][0] = sum[r][1] = Lanes::zero();
  const float* w = p.weights;
  const std::uint32_t* pixels = p.pixels + first;
  for (const SourceRun* run = p.runs; run < p.runs + p.run_count; run++) {
    const float* x[R];
#pragma GCC unroll 6
    for (std::size_t r = 0; r < R; r++) x[r] = p.source + pixels[r] + run->offset;
    const std::size_t length = run->length;
#pragma GCC unroll 2
    for (std::size_t k = 0; k < length; k++, w += kPanel) {
      const V w0 = Lanes::load(w);
      const V w1 = Lanes::load(w + Lanes::kCount);
#pragma GCC unroll 6
      for (std::size_t r = 0; r < R; r++) {
        const V v = Lanes::all(x[r] + k);
        sum[r][0] = Lanes::fma(v, w0, sum[r][0]);
        sum[r][1] = Lanes::fma(v, w1, sum[r][1]);
      }
    }
  }
  const std::size_t* outputs = p.outputs + first;
  if (p.channels == kPanel) {
#pragma GCC unroll 6
    for (std::size_t r = 0; r < R; r++) {
      float* y = p.y + outputs[r];
      if (p.plus != nullptr) {
        sum[r][0] = Lanes::add(sum[r][0], Lanes::load(p.plus + outputs[r]));
        sum[r][1] = Lanes::add(sum[r][1], Lanes::load(p.plus + outputs[r] + Lanes::kCount));
      }
      Lanes::store(y, sum[r][0]);
      Lanes::store(y + Lanes::kCount, sum[r][1]);
    }
    return;
  }
  // Unrolled as well: an index that is not a constant would keep the accumulators in memory all the while.
#pragma GCC unroll 6
  for (std::size_t r = 0; r < R; r++) {
    float row[kPanel];
    Lanes::store(row, sum[r][0]);
    Lanes::store(row + Lanes::kCount, sum[r][1]);
    float* y = p.y + outputs[r];
    for (std::size_t c = 0; c < p.channels; c++) y[c] = p.plus != nullptr ? row[c] + p.plus[outputs[r] + c] : row[c];
  }
}

void convolve(const ConvolutionPanel& p) {
  std::size_t first = 0;
  std::size_t left = p.count;
  // A rest of one to three pixels would leave the multipliers waiting for each other: it shares with the last full tile.
  for (; left >= 2 * kTile || left == kTile; left -= kTile, first += kTile) convolve_tile<kTile>(p, first);
  if (left > kTile) {
    switch (left) {
      case 7: convolve_tile<4>(p, first); convolve_tile<3>(p, first + 4); return;
      case 8: convolve_tile<4>(p, first); convolve_tile<4>(p, first + 4); return;
      case 9: convolve_tile<5>(p, first); convolve_tile<4>(p, first + 5); return;
      case 10: convolve_tile<5>(p, first); convolve_tile<5>(p, first + 5); return;
      default: convolve_tile<6>(p, first); convolve_tile<5>(p, first + 6); return;
    }
  }
  switch (left) {
    case 5: convolve_tile<5>(p, first); return;
    case 4: convolve_tile<4>(p, first); return;
    case 3: convolve_tile<3>(p, first); return;
    case 2: convolve_tile<2>(p, first); return;
    case 1: convolve_tile<1>(p, first); return;
    default: return;
  }
}

template <std::size_t R>
inline void filter_tile(const FilterPanel& p, std::size_t tap) {
  using V = Lanes::V;
  V sum[R][2];
  float* out = p.sum + tap * kPanel;
#pragma GCC unroll 6
  for (std::size_t r = 0; r < R; r++) {
    sum[r][0] = Lanes::load(out + r * kPanel);
    sum[r][1] = Lanes::load(out + r * kPanel + Lanes::kCount);
  }
  const float* dy = p.dy;
  const std::size_t step = p.step;
  for (std::size_t row = 0; row < p.row_count; row++) {
    const float* x = p.x + p.rows[row] + tap;
#pragma GCC unroll 2
    for (std::size_t c = 0; c < p.columns; c++, x += step, dy += kPanel) {
      const V d0 = Lanes::load(dy);
      const V d1 = Lanes::load(dy + Lanes::kCount);
#pragma GCC unroll 6
      for (std::size_t r = 0; r < R; r++) {
        const V v = Lanes::all(x + r);
        sum[r][0] = Lanes::fma(v, d0, sum[r][0]);
        sum[r][1] = Lanes::fma(v, d1, sum[r][1]);
      }
    }
  }
#pragma GCC unroll 6
  for (std::size_t r = 0; r < R; r++) {
    Lanes::store(out + r * kPanel, sum[r][0]);
    Lanes::store(out + r * kPanel + Lanes::kCount, sum[r][1]);
  }
}

void filter(const FilterPanel& p) {
  std::size_t tap = 0;
  for (; tap + kTile <= p.taps; tap += kTile) filter_tile<kTile>(p, tap);
  switch (p.taps - tap) {
    case 5: filter_tile<5>(p, tap); return;
    case 4: filter_tile<4>(p, tap); return;
    case 3: filter_tile<3>(p, tap); return;
    case 2: filter_tile<2>(p, tap); return;
    case 1: filter_tile<1>(p, tap); return;
    default: return;
  }
}

}  // namespace
}  // namespace svp::cpu

// Register tiles of the convolution kernels over `Lanes`: some pixels (or taps) × one or two vectors of output channels. With
// AVX2 a tile of two is 6 × 2: twelve accumulators, two registers of the packed operand and one broadcast, so twelve fused
// multiply-adds for eight loads: the multipliers and not the load ports are the limit. AVX-512 and NEON have registers for more.
// A tile of one vector serves convolutions of few channels, where the second one would multiply zeros.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include "convolution_kernels.h"

namespace svp::cpu {
namespace {

template <std::size_t R, std::size_t W>
void convolve_tile(const ConvolutionPanel& p, std::size_t first) {
  using V = Lanes::V;
  constexpr std::size_t kPanel = W * Lanes::kCount;
  V sum[R][W];
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < W; v++) sum[r][v] = Lanes::zero();
  }
  const float* w = p.weights;
  const std::uint32_t* pixels = p.pixels + first;
  for (const SourceRun* run = p.runs; run < p.runs + p.run_count; run++) {
    const float* x[R];
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; r++) x[r] = p.source + pixels[r] + run->offset;
    const std::size_t length = run->length;
#pragma GCC unroll 2
    for (std::size_t k = 0; k < length; k++, w += kPanel) {
      V weight[W];
#pragma GCC unroll 2
      for (std::size_t v = 0; v < W; v++) weight[v] = Lanes::load(w + v * Lanes::kCount);
#pragma GCC unroll 16
      for (std::size_t r = 0; r < R; r++) {
        const V value = Lanes::all(x[r] + k);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < W; v++) sum[r][v] = Lanes::fma(value, weight[v], sum[r][v]);
      }
    }
  }
  const std::size_t* outputs = p.outputs + first;
  if (p.channels == kPanel) {
#pragma GCC unroll 16
    for (std::size_t r = 0; r < R; r++) {
#pragma GCC unroll 2
      for (std::size_t v = 0; v < W; v++) {
        const std::size_t at = outputs[r] + v * Lanes::kCount;
        Lanes::store(p.y + at, p.plus != nullptr ? Lanes::add(sum[r][v], Lanes::load(p.plus + at)) : sum[r][v]);
      }
    }
    return;
  }
  // Unrolled as well: an index that is not a constant would keep the accumulators in memory all the while.
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < W; v++) {
      if (p.channels <= v * Lanes::kCount) break;
      const std::size_t count = std::min(Lanes::kCount, p.channels - v * Lanes::kCount);
      const std::size_t at = outputs[r] + v * Lanes::kCount;
      const V y = p.plus != nullptr ? Lanes::add(sum[r][v], Lanes::load_first(p.plus + at, count)) : sum[r][v];
      Lanes::store_first(p.y + at, y, count);
    }
  }
}

using ConvolveTile = void (*)(const ConvolutionPanel&, std::size_t);

// Tiles of 1, 2, … R pixels.
template <std::size_t W, std::size_t... R>
constexpr std::array<ConvolveTile, sizeof...(R)> convolve_tiles(std::index_sequence<R...>) {
  return {convolve_tile<R + 1, W>...};
}

template <std::size_t R, std::size_t W>
void convolve(const ConvolutionPanel& p) {
  static constexpr std::array<ConvolveTile, R> kTiles = convolve_tiles<W>(std::make_index_sequence<R>{});
  std::size_t first = 0;
  std::size_t left = p.count;
  for (; left >= 2 * R || left == R; left -= R, first += R) convolve_tile<R, W>(p, first);
  // A rest of one to three pixels would leave the multipliers waiting for each other: it shares with the last full tile.
  if (left > R) {
    const std::size_t half = (left + 1) / 2;
    kTiles[half - 1](p, first);
    first += half;
    left -= half;
  }
  if (left > 0) kTiles[left - 1](p, first);
}

template <std::size_t R, std::size_t W>
void filter_tile(const FilterPanel& p, std::size_t tap) {
  using V = Lanes::V;
  constexpr std::size_t kPanel = W * Lanes::kCount;
  V sum[R][W];
  float* out = p.sum + tap * kPanel;
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < W; v++) sum[r][v] = Lanes::load(out + r * kPanel + v * Lanes::kCount);
  }
  const float* dy = p.dy;
  const std::size_t step = p.step;
  for (std::size_t row = 0; row < p.row_count; row++) {
    const float* x = p.x + p.rows[row] + tap;
#pragma GCC unroll 2
    for (std::size_t c = 0; c < p.columns; c++, x += step, dy += kPanel) {
      V gradient[W];
#pragma GCC unroll 2
      for (std::size_t v = 0; v < W; v++) gradient[v] = Lanes::load(dy + v * Lanes::kCount);
#pragma GCC unroll 16
      for (std::size_t r = 0; r < R; r++) {
        const V value = Lanes::all(x + r);
#pragma GCC unroll 2
        for (std::size_t v = 0; v < W; v++) sum[r][v] = Lanes::fma(value, gradient[v], sum[r][v]);
      }
    }
  }
#pragma GCC unroll 16
  for (std::size_t r = 0; r < R; r++) {
#pragma GCC unroll 2
    for (std::size_t v = 0; v < W; v++) Lanes::store(out + r * kPanel + v * Lanes::kCount, sum[r][v]);
  }
}

using FilterTile = void (*)(const FilterPanel&, std::size_t);

template <std::size_t W, std::size_t... R>
constexpr std::array<FilterTile, sizeof...(R)> filter_tiles(std::index_sequence<R...>) {
  return {filter_tile<R + 1, W>...};
}

template <std::size_t R, std::size_t W>
void filter(const FilterPanel& p) {
  static constexpr std::array<FilterTile, R> kTiles = filter_tiles<W>(std::make_index_sequence<R>{});
  std::size_t tap = 0;
  for (; tap + R <= p.taps; tap += R) filter_tile<R, W>(p, tap);
  if (tap < p.taps) kTiles[p.taps - tap - 1](p, tap);
}

template <std::size_t W, std::size_t ConvolveRows, std::size_t FilterRows>
constexpr PanelKernels panel_kernels() {
  return {W * Lanes::kCount, convolve<ConvolveRows, W>, filter<FilterRows, W>};
}

}  // namespace
}  // namespace svp::cpu

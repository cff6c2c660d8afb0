// Batch normalisation over `Lanes`: pixels in order, so that memory is read as it lies; all of them are limited by memory.
// Sums take four pixels at a time, so that a channel's accumulators, which lie in memory, are touched once for four values.
#pragma once

#include "batch_norm_kernels.h"

namespace svp::cpu {
namespace {

using V = Lanes::V;
constexpr std::size_t kLanes = Lanes::kCount;
constexpr std::size_t kUnroll = 4;

// Loads and stores of the last, incomplete vector of a pixel's channels.
struct Rest {
  std::size_t count;
  V load(const float* p) const { return Lanes::load_first(p, count); }
  void store(float* p, V v) const { Lanes::store_first(p, v, count); }
};

struct Whole {
  V load(const float* p) const { return Lanes::load(p); }
  void store(float* p, V v) const { Lanes::store(p, v); }
};

// Calls body(lane access, first channel) over a pixel's channels.
template <typename Body>
inline void each_vector(std::size_t channels, const Body& body) {
  std::size_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(Whole{}, c);
  if (c < channels) body(Rest{channels - c}, c);
}

template <std::size_t R>
inline void statistics_rows(const float* x, std::size_t channels, const float* shift, float* sum, float* squares) {
  each_vector(channels, [&](const auto& at, std::size_t c) {
    const V k = at.load(shift + c);
    V s = at.load(sum + c);
    V q = at.load(squares + c);
    V part = Lanes::zero();
#pragma GCC unroll 4
    for (std::size_t r = 0; r < R; r++) {
      const V d = Lanes::sub(at.load(x + r * channels + c), k);
      part = r == 0 ? d : Lanes::add(part, d);
      q = Lanes::fma(d, d, q);
    }
    s = Lanes::add(s, part);
    at.store(sum + c, s);
    at.store(squares + c, q);
  });
}

void statistics(const float* x, std::size_t pixels, std::size_t channels, const float* shift, float* sum,
                float* squares) {
  std::size_t i = 0;
  for (; i + kUnroll <= pixels; i += kUnroll) statistics_rows<kUnroll>(x + i * channels, channels, shift, sum, squares);
  for (; i < pixels; i++) statistics_rows<1>(x + i * channels, channels, shift, sum, squares);
}

template <bool kRelu>
void normalise_pixels(const float* x, std::size_t pixels, std::size_t channels, const float* scale, const float* offset,
                      float* y) {
  for (std::size_t i = 0; i < pixels; i++, x += channels, y += channels) {
    each_vector(channels, [&](const auto& at, std::size_t c) {
      const V v = Lanes::fma(at.load(x + c), at.load(scale + c), at.load(offset + c));
      at.store(y + c, kRelu ? Lanes::positive(v) : v);
    });
  }
}

void normalise(const float* x, std::size_t pixels, std::size_t channels, bool relu, const float* scale,
               const float* offset, float* y) {
  (relu ? normalise_pixels<true> : normalise_pixels<false>)(x, pixels, channels, scale, offset, y);
}

template <std::size_t R, bool kRelu>
inline void gradient_sum_rows(const float* dy, const float* x, std::size_t channels, const float* scale,
                              const float* offset, const float* mean, float* sum, float* products) {
  each_vector(channels, [&](const auto& at, std::size_t c) {
    const V m = at.load(mean + c);
    const V a = at.load(scale + c);
    const V b = at.load(offset + c);
    V s = at.load(sum + c);
    V p = at.load(products + c);
    V part = Lanes::zero();
#pragma GCC unroll 4
    for (std::size_t r = 0; r < R; r++) {
      const V v = at.load(x + r * channels + c);
      V g = at.load(dy + r * channels + c);
      if (kRelu) g = Lanes::where_positive(Lanes::fma(v, a, b), g);
      part = r == 0 ? g : Lanes::add(part, g);
      p = Lanes::fma(g, Lanes::sub(v, m), p);
    }
    s = Lanes::add(s, part);
    at.store(sum + c, s);
    at.store(products + c, p);
  });
}

template <bool kRelu>
void gradient_sum_pixels(const float* dy, const float* x, std::size_t pixels, std::size_t channels, const float* scale,
                         const float* offset, const float* mean, float* sum, float* products) {
  std::size_t i = 0;
  for (; i + kUnroll <= pixels; i += kUnroll) {
    gradient_sum_rows<kUnroll, kRelu>(dy + i * channels, x + i * channels, channels, scale, offset, mean, sum, products);
  }
  for (; i < pixels; i++) {
    gradient_sum_rows<1, kRelu>(dy + i * channels, x + i * channels, channels, scale, offset, mean, sum, products);
  }
}

void gradient_sums(const float* dy, const float* x, std::size_t pixels, std::size_t channels, bool relu,
                   const float* scale, const float* offset, const float* mean, float* sum, float* products) {
  (relu ? gradient_sum_pixels<true> : gradient_sum_pixels<false>)(dy, x, pixels, channels, scale, offset, mean, sum,
                                                                 products);
}

template <bool kRelu, bool kPlus>
void gradient_pixels(const float* dy, const float* x, std::size_t pixels, std::size_t channels, const float* scale,
                     const float* offset, const float* slope, const float* constant, const float* plus, float* dx) {
  for (std::size_t i = 0; i < pixels; i++) {
    const std::size_t at_pixel = i * channels;
    each_vector(channels, [&](const auto& at, std::size_t c) {
      const V a = at.load(scale + c);
      const V v = at.load(x + at_pixel + c);
      V g = at.load(dy + at_pixel + c);
      if (kRelu) g = Lanes::where_positive(Lanes::fma(v, a, at.load(offset + c)), g);
      V d = Lanes::fma(g, a, Lanes::fma(v, at.load(slope + c), at.load(constant + c)));
      if (kPlus) d = Lanes::add(d, at.load(plus + at_pixel + c));
      at.store(dx + at_pixel + c, d);
    });
  }
}

void gradient(const float* dy, const float* x, std::size_t pixels, std::size_t channels, bool relu, const float* scale,
              const float* offset, const float* slope, const float* constant, const float* plus, float* dx) {
  const auto chosen = relu ? (plus ? gradient_pixels<true, true> : gradient_pixels<true, false>)
                           : (plus ? gradient_pixels<false, true> : gradient_pixels<false, false>);
  chosen(dy, x, pixels, channels, scale, offset, slope, constant, plus, dx);
}

}  // namespace
}  // namespace svp::cpu

// The kernels of svp/fasttext_kernels.h, written once over vectors of 8 float32. Each instruction set supplies
//
//   Lanes: fill, load, store, plus, minus, times, larger, power(shifted): 2^n where the low bits of `shifted` hold n
//   Wide:  the same fill, load, store, plus and times over as many floats as its registers hold (`kWide`), for
//          operations on each float by itself, whose bits do not depend on the width
//
// Lanes come from anonymous namespaces of the kernel files, so nothing here is shared between instruction sets.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/fasttext_kernels.h"

namespace svp::cpu {

// exp(x) for x in [−87, 0] as 2^n · exp(f), |f| ≤ ln 2 / 2: the series up to f^6, with its roundings within 3e-7
// of the value; exact at 0.
template <typename V>
inline typename V::Vector fasttext_exponential(typename V::Vector x) {
  using F = typename V::Vector;
  constexpr float kShift = 0x1.8p+23f;  // adding it rounds to a whole number and leaves that in the low bits
  const F y = V::times(x, V::fill(0x1.715476p+0f));
  const F shifted = V::plus(y, V::fill(kShift));
  const F n = V::minus(shifted, V::fill(kShift));
  // x − n·ln 2 in two parts, of which the first product is exact.
  F f = V::minus(x, V::times(n, V::fill(0x1.62e4p-1f)));
  f = V::minus(f, V::times(n, V::fill(0x1.7f7d1cp-20f)));
  F p = V::fill(0x1.6c16c2p-10f);
  p = V::plus(V::times(p, f), V::fill(0x1.111112p-7f));
  p = V::plus(V::times(p, f), V::fill(0x1.555556p-5f));
  p = V::plus(V::times(p, f), V::fill(0x1.555556p-3f));
  p = V::plus(V::times(p, f), V::fill(0.5f));
  p = V::plus(V::times(p, f), V::fill(1.0f));
  p = V::plus(V::times(p, f), V::fill(1.0f));
  return V::times(p, V::power(shifted));
}

// static: an inline function would be shared between files compiled for different processors.
static float combine_lanes(const float a[8]) {
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

// `kVectors` vectors of every row, from the column `from` on.
template <typename W, std::size_t kVectors>
inline void mean_block(const float* rows, std::size_t stride, const std::uint32_t* ids, std::size_t count, float scale,
                       float* hidden) {
  typename W::Vector sum[kVectors];
  for (std::size_t v = 0; v < kVectors; v++) sum[v] = W::fill(0.0f);
  for (std::size_t i = 0; i < count; i++) {
    const float* row = rows + static_cast<std::size_t>(ids[i]) * stride;
    for (std::size_t v = 0; v < kVectors; v++) sum[v] = W::plus(sum[v], W::load(row + v * W::kWide));
  }
  for (std::size_t v = 0; v < kVectors; v++) W::store(hidden + v * W::kWide, W::times(sum[v], W::fill(scale)));
}

template <typename W, std::size_t kVectors>
inline void add_block(float* rows, std::size_t stride, const std::uint32_t* ids, std::size_t count,
                      const float* gradient) {
  typename W::Vector step[kVectors];
  for (std::size_t v = 0; v < kVectors; v++) step[v] = W::load(gradient + v * W::kWide);
  for (std::size_t i = 0; i < count; i++) {
    float* row = rows + static_cast<std::size_t>(ids[i]) * stride;
    for (std::size_t v = 0; v < kVectors; v++) {
      W::store(row + v * W::kWide, W::plus(W::load(row + v * W::kWide), step[v]));
    }
  }
}

// Up to 64 columns at a time stay in registers; the rows of an example are in the first cache by the second block.
template <typename V, typename W>
struct FastTextRows {
  static void mean(const float* rows, std::size_t stride, const std::uint32_t* ids, std::size_t count, float scale,
                   float* hidden) {
    std::size_t k = 0;
    for (; k + 64 <= stride; k += 64) mean_block<W, 64 / W::kWide>(rows + k, stride, ids, count, scale, hidden + k);
    for (; k + 16 <= stride; k += 16) mean_block<W, 16 / W::kWide>(rows + k, stride, ids, count, scale, hidden + k);
    if (k < stride) mean_block<V, 1>(rows + k, stride, ids, count, scale, hidden + k);
  }

  static void add(float* rows, std::size_t stride, const std::uint32_t* ids, std::size_t count, const float* gradient) {
    std::size_t k = 0;
    for (; k + 64 <= stride; k += 64) add_block<W, 64 / W::kWide>(rows + k, stride, ids, count, gradient + k);
    for (; k + 16 <= stride; k += 16) add_block<W, 16 / W::kWide>(rows + k, stride, ids, count, gradient + k);
    if (k < stride) add_block<V, 1>(rows + k, stride, ids, count, gradient + k);
  }

  static void scores(const float* output, std::size_t stride, std::size_t classes, const float* hidden, float* z) {
    for (std::size_t c = 0; c < classes; c++) {
      const float* row = output + c * stride;
      typename V::Vector sum = V::times(V::load(row), V::load(hidden));
      for (std::size_t k = 8; k < stride; k += 8) {
        sum = V::plus(sum, V::times(V::load(row + k), V::load(hidden + k)));
      }
      float lanes[8];
      V::store(lanes, sum);
      z[c] = combine_lanes(lanes);
    }
  }

  static void exponentials(float* z, std::size_t classes, float* largest, float* sum) {
    float top = z[0];
    for (std::size_t c = 1; c < classes; c++) top = z[c] > top ? z[c] : top;
    const std::size_t room = softmax_room(classes);
    for (std::size_t c = classes; c < room; c++) z[c] = top;
    typename V::Vector total = V::fill(0.0f);
    for (std::size_t c = 0; c < room; c += 8) {
      const typename V::Vector x = V::larger(V::minus(V::load(z + c), V::fill(top)), V::fill(-87.0f));
      const typename V::Vector e = fasttext_exponential<V>(x);
      V::store(z + c, e);
      if (c + 8 <= classes) total = V::plus(total, e);
    }
    float lanes[8];
    V::store(lanes, total);
    float all = combine_lanes(lanes);
    for (std::size_t c = classes / 8 * 8; c < classes; c++) all += z[c];
    *largest = top;
    *sum = all;
  }

  static void step(float* output, std::size_t stride, std::size_t classes, const float* steps, const float* hidden,
                   float* gradient) {
    for (std::size_t k = 0; k < stride; k += 8) V::store(gradient + k, V::fill(0.0f));
    for (std::size_t c = 0; c < classes; c++) {
      float* row = output + c * stride;
      const typename V::Vector a = V::fill(steps[c]);
      for (std::size_t k = 0; k < stride; k += 8) {
        const typename V::Vector w = V::load(row + k);
        V::store(gradient + k, V::plus(V::load(gradient + k), V::times(a, w)));
        V::store(row + k, V::plus(w, V::times(a, V::load(hidden + k))));
      }
    }
  }
};

// What every kernel file defines: static, so that its functions stay its own.
#define SVP_FASTTEXT_KERNELS(set, V, W)                                                                              \
  const FastTextKernels& fasttext_kernels_##set() {                                                                  \
    static constexpr FastTextKernels kernels = {FastTextRows<V, W>::mean, FastTextRows<V, W>::scores,                \
                                                FastTextRows<V, W>::exponentials, FastTextRows<V, W>::step,          \
                                                FastTextRows<V, W>::add};                                            \
    return kernels;                                                                                                  \
  }

const FastTextKernels& fasttext_kernels_scalar();
const FastTextKernels& fasttext_kernels_avx2();
const FastTextKernels& fasttext_kernels_avx512();
const FastTextKernels& fasttext_kernels_neon();

}  // namespace svp::cpu

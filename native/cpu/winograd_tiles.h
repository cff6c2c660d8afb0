// Winograd's transforms over `Lanes`, a vector of channels at a time. One dimension after the other:
//   Bᵀ = 1  0 −1  0    Aᵀ = 1 1  1  0    G = 1   0  0
//        0  1  1  0         0 1 −1 −1        ½   ½  ½
//        0 −1  1  0                          ½  −½  ½
//        0  1  0 −1                          0   0  1
#pragma once

#include "winograd_kernels.h"

namespace svp::cpu {
namespace {

using V = Lanes::V;

constexpr float kHalf = 0.5f;

struct Four {
  V v[4];
};
struct Three {
  V v[3];
};
struct Two {
  V v[2];
};

inline Four transform_source(V a, V b, V c, V d) {
  return {{Lanes::sub(a, c), Lanes::add(b, c), Lanes::sub(c, b), Lanes::sub(b, d)}};
}

inline Two transform_output(V a, V b, V c, V d) {
  return {{Lanes::add(Lanes::add(a, b), c), Lanes::sub(Lanes::sub(b, c), d)}};
}

inline Four transform_gradient(V a, V b) { return {{a, Lanes::add(a, b), Lanes::sub(a, b), Lanes::sub(Lanes::zero(), b)}}; }

inline Four transform_filter(V a, V b, V c) {
  const V half = Lanes::all(&kHalf);
  const V ends = Lanes::add(a, c);
  return {{a, Lanes::mul(half, Lanes::add(ends, b)), Lanes::mul(half, Lanes::sub(ends, b)), c}};
}

inline Three transform_taps(V a, V b, V c, V d) {
  const V half = Lanes::all(&kHalf);
  const V sum = Lanes::mul(half, Lanes::add(b, c));
  return {{Lanes::add(a, sum), Lanes::mul(half, Lanes::sub(b, c)), Lanes::add(sum, d)}};
}

void source(const float* in, std::size_t row, std::size_t pixel, std::size_t channels, float* out, std::size_t plane) {
  for (std::size_t c = 0; c < channels; c += Lanes::kCount) {
    Four rows[4];
#pragma GCC unroll 4
    for (std::size_t x = 0; x < 4; x++) {
      const float* p = in + x * pixel + c;
      rows[x] = transform_source(Lanes::load(p), Lanes::load(p + row), Lanes::load(p + 2 * row), Lanes::load(p + 3 * row));
    }
#pragma GCC unroll 4
    for (std::size_t y = 0; y < 4; y++) {
      const Four line = transform_source(rows[0].v[y], rows[1].v[y], rows[2].v[y], rows[3].v[y]);
#pragma GCC unroll 4
      for (std::size_t x = 0; x < 4; x++) Lanes::store(out + (4 * y + x) * plane + c, line.v[x]);
    }
  }
}

void filter(const float* taps, std::size_t tap, std::size_t channels, float* out, std::size_t plane) {
  for (std::size_t c = 0; c < channels; c += Lanes::kCount) {
    Four rows[3];
#pragma GCC unroll 3
    for (std::size_t x = 0; x < 3; x++) {
      const float* p = taps + x * tap + c;
      rows[x] = transform_filter(Lanes::load(p), Lanes::load(p + 3 * tap), Lanes::load(p + 6 * tap));
    }
#pragma GCC unroll 4
    for (std::size_t y = 0; y < 4; y++) {
      const Four line = transform_filter(rows[0].v[y], rows[1].v[y], rows[2].v[y]);
#pragma GCC unroll 4
      for (std::size_t x = 0; x < 4; x++) Lanes::store(out + (4 * y + x) * plane + c, line.v[x]);
    }
  }
}

void output(const float* in, std::size_t plane, std::size_t channels, float* y, const float* plus, std::size_t row,
            std::size_t rows, std::size_t columns) {
  for (std::size_t c = 0; c < channels; c += Lanes::kCount) {
    Two lines[4];
#pragma GCC unroll 4
    for (std::size_t x = 0; x < 4; x++) {
      const float* p = in + x * plane + c;
      lines[x] = transform_output(Lanes::load(p), Lanes::load(p + 4 * plane), Lanes::load(p + 8 * plane),
                                  Lanes::load(p + 12 * plane));
    }
#pragma GCC unroll 2
    for (std::size_t r = 0; r < 2; r++) {
      const Two pair = transform_output(lines[0].v[r], lines[1].v[r], lines[2].v[r], lines[3].v[r]);
      if (r >= rows) break;
#pragma GCC unroll 2
      for (std::size_t x = 0; x < 2; x++) {
        if (x >= columns) break;
        const std::size_t at = r * row + x * channels + c;
        Lanes::store(y + at, plus != nullptr ? Lanes::add(pair.v[x], Lanes::load(plus + at)) : pair.v[x]);
      }
    }
  }
}

void gradient(const float* dy, std::size_t row, std::size_t pixel, std::size_t rows, std::size_t columns,
              std::size_t channels, float* out, std::size_t plane) {
  for (std::size_t c = 0; c < channels; c += Lanes::kCount) {
    Four lines[2];
#pragma GCC unroll 2
    for (std::size_t x = 0; x < 2; x++) {
      const float* p = dy + x * pixel + c;
      const V a = x < columns ? Lanes::load(p) : Lanes::zero();
      const V b = x < columns && rows > 1 ? Lanes::load(p + row) : Lanes::zero();
      lines[x] = transform_gradient(a, b);
    }
#pragma GCC unroll 4
    for (std::size_t y = 0; y < 4; y++) {
      const Four line = transform_gradient(lines[0].v[y], lines[1].v[y]);
#pragma GCC unroll 4
      for (std::size_t x = 0; x < 4; x++) Lanes::store(out + (4 * y + x) * plane + c, line.v[x]);
    }
  }
}

void taps(const float* in, std::size_t plane, std::size_t channels, float* out, std::size_t tap) {
  for (std::size_t c = 0; c < channels; c += Lanes::kCount) {
    Three lines[4];
#pragma GCC unroll 4
    for (std::size_t x = 0; x < 4; x++) {
      const float* p = in + x * plane + c;
      lines[x] = transform_taps(Lanes::load(p), Lanes::load(p + 4 * plane), Lanes::load(p + 8 * plane),
                                Lanes::load(p + 12 * plane));
    }
#pragma GCC unroll 3
    for (std::size_t y = 0; y < 3; y++) {
      const Three line = transform_taps(lines[0].v[y], lines[1].v[y], lines[2].v[y], lines[3].v[y]);
#pragma GCC unroll 3
      for (std::size_t x = 0; x < 3; x++) Lanes::store(out + (3 * y + x) * tap + c, line.v[x]);
    }
  }
}

}  // namespace
}  // namespace svp::cpu

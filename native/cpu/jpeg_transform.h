// The inverse cosine transform of svp/image_kernels.h in plain C++: 32-bit sums that wrap around where a damaged file
// makes them overflow. Right for every input; the compiler vectorises it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/jpeg_scan.h"

namespace svp::cpu {

namespace {

// Signed integers may not overflow, so the sums are unsigned.
inline std::int32_t shifted(std::uint32_t value, int bits) { return static_cast<std::int32_t>(value) >> bits; }
inline std::uint8_t clamped(std::int32_t v) { return static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v); }

// One pass over eight columns side by side: out[k] of column c is at out[8 · k + c], shifted down by kShift with
// rounding.
template <int kShift>
inline void transform_columns(const std::int32_t* in, std::int32_t* out) {
  for (int c = 0; c < 8; c++) {
    auto at = [&](int k) { return static_cast<std::uint32_t>(in[8 * k + c]); };
    const std::uint32_t e1 = (at(2) + at(6)) * 4433u;
    const std::uint32_t e2 = e1 - at(6) * 15137u;
    const std::uint32_t e3 = e1 + at(2) * 6270u;
    const std::uint32_t e0 = (at(0) + at(4)) << 13;
    const std::uint32_t e4 = (at(0) - at(4)) << 13;
    const std::uint32_t t10 = e0 + e3, t13 = e0 - e3, t11 = e4 + e2, t12 = e4 - e2;
    std::uint32_t o0 = at(7), o1 = at(5), o2 = at(3), o3 = at(1);
    std::uint32_t z1 = o0 + o3, z2 = o1 + o2, z3 = o0 + o2, z4 = o1 + o3;
    const std::uint32_t z5 = (z3 + z4) * 9633u;
    z1 *= 7373u;
    z2 *= 20995u;
    z3 = z5 - z3 * 16069u;
    z4 = z5 - z4 * 3196u;
    o0 = o0 * 2446u - z1 + z3;
    o1 = o1 * 16819u - z2 + z4;
    o2 = o2 * 25172u - z2 + z3;
    o3 = o3 * 12299u - z1 + z4;
    constexpr std::uint32_t kHalf = 1u << (kShift - 1);
    out[c] = shifted(t10 + o3 + kHalf, kShift);
    out[56 + c] = shifted(t10 - o3 + kHalf, kShift);
    out[8 + c] = shifted(t11 + o2 + kHalf, kShift);
    out[48 + c] = shifted(t11 - o2 + kHalf, kShift);
    out[16 + c] = shifted(t12 + o1 + kHalf, kShift);
    out[40 + c] = shifted(t12 - o1 + kHalf, kShift);
    out[24 + c] = shifted(t13 + o0 + kHalf, kShift);
    out[32 + c] = shifted(t13 - o0 + kHalf, kShift);
  }
}

inline void transpose(const std::int32_t* in, std::int32_t* out) {
  for (int r = 0; r < 8; r++) {
    for (int c = 0; c < 8; c++) out[8 * c + r] = in[8 * r + c];
  }
}

void inverse_transform_wrapping(const std::int16_t* coefficients, const std::uint16_t* quantizers, std::uint8_t* out,
                                std::size_t stride) {
  alignas(64) std::int32_t a[64];
  alignas(64) std::int32_t b[64];
  for (int r = 0; r < 8; r++) {
    for (int c = 0; c < 8; c++) {
      const int place = jpeg_place(r, c);
      a[8 * r + c] = static_cast<std::int16_t>(coefficients[place] * quantizers[place]);
    }
  }
  transform_columns<11>(a, b);
  transpose(b, a);
  transform_columns<18>(a, b);
  transpose(b, a);
  for (int r = 0; r < 8; r++) {
    for (int c = 0; c < 8; c++) out[r * stride + c] = clamped(a[8 * r + c] + 128);
  }
}

}  // namespace

}  // namespace svp::cpu

// Chroma doubling and YCbCr to RGB of svp/image_kernels.h in plain C++.
#pragma once

#include "image_kernels.h"

namespace svp::cpu {

namespace {

// Samples at the edges have themselves for a neighbour.
inline void double_sums(std::size_t width, std::uint16_t* sums) {
  sums[0] = sums[1];
  sums[width + 1] = sums[width];
}

void double_columns(const std::uint8_t* in, std::size_t width, std::uint16_t* sums, std::uint8_t* out) {
  for (std::size_t x = 0; x < width; x++) sums[x + 1] = in[x];
  double_sums(width, sums);
  for (std::size_t x = 0; x < width; x++) {
    const std::uint16_t near = static_cast<std::uint16_t>(sums[x + 1] * 3);
    out[2 * x] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(near + sums[x] + 1) >> 2);
    out[2 * x + 1] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(near + sums[x + 2] + 2) >> 2);
  }
}

void double_both(const std::uint8_t* near, const std::uint8_t* far, std::size_t width, std::uint16_t* sums,
                 std::uint8_t* out) {
  for (std::size_t x = 0; x < width; x++) sums[x + 1] = static_cast<std::uint16_t>(near[x] * 3 + far[x]);
  double_sums(width, sums);
  for (std::size_t x = 0; x < width; x++) {
    const std::uint16_t nearer = static_cast<std::uint16_t>(sums[x + 1] * 3);
    out[2 * x] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(nearer + sums[x] + 8) >> 4);
    out[2 * x + 1] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(nearer + sums[x + 2] + 7) >> 4);
  }
}

inline std::uint8_t to_byte(std::int32_t v) { return static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v); }

void to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t width,
            std::uint8_t* const out[3]) {
  std::uint8_t* __restrict r = out[0];
  std::uint8_t* __restrict g = out[1];
  std::uint8_t* __restrict b = out[2];
  for (std::size_t i = 0; i < width; i++) {
    const std::int32_t u = cb[i] - 128;
    const std::int32_t v = cr[i] - 128;
    const std::int32_t l = y[i];
    r[i] = to_byte(l + ((91881 * v + 32768) >> 16));
    g[i] = to_byte(l + ((-22554 * u - 46802 * v + 32768) >> 16));
    b[i] = to_byte(l + ((116130 * u + 32768) >> 16));
  }
}

}  // namespace

}  // namespace svp::cpu

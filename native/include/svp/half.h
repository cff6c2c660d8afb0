// IEEE 754 binary16 to binary32, exactly, in plain C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace svp {

inline float widen_half(std::uint16_t half) {
  // The bits moved into place are the value times 2^-112, exact for subnormals too; NaN and ±Inf keep their exponent.
  const std::uint32_t magnitude = static_cast<std::uint32_t>(half & 0x7fffu) << 13;
  float value;
  std::memcpy(&value, &magnitude, sizeof(value));
  value *= 5.192296858534827628530496329220096e33f;  // 2^112
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const std::uint32_t special = (half & 0x7c00u) == 0x7c00u ? 0x7f800000u : 0u;
  bits |= special | static_cast<std::uint32_t>(half & 0x8000u) << 16;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// `count` little-endian values, at any alignment.
inline void widen_half(const unsigned char* from, std::size_t count, float* out) {
  for (std::size_t k = 0; k < count; k++) {
    std::uint16_t half;
    std::memcpy(&half, from + 2 * k, sizeof(half));
    out[k] = widen_half(half);
  }
}

}  // namespace svp

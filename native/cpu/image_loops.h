// The loops of svp/image_kernels.h in plain C++, compiled once per instruction set: the compiler vectorises them for each.
#include <cstring>

#include "image_kernels.h"
#include "jpeg_blocks.h"

namespace svp::cpu {

namespace {

void double_columns(const std::uint8_t* in, std::size_t width, std::uint8_t* out) {
  out[0] = in[0];
  out[1] = static_cast<std::uint8_t>((in[0] * 3 + in[1] + 2) >> 2);
  for (std::size_t x = 1; x + 1 < width; x++) {
    out[2 * x] = static_cast<std::uint8_t>((in[x] * 3 + in[x - 1] + 1) >> 2);
    out[2 * x + 1] = static_cast<std::uint8_t>((in[x] * 3 + in[x + 1] + 2) >> 2);
  }
  out[2 * width - 2] = static_cast<std::uint8_t>((in[width - 1] * 3 + in[width - 2] + 1) >> 2);
  out[2 * width - 1] = in[width - 1];
}

void double_both(const std::uint8_t* near, const std::uint8_t* far, std::size_t width, std::int16_t* sums,
                 std::uint8_t* out) {
  for (std::size_t x = 0; x < width; x++) sums[x] = static_cast<std::int16_t>(near[x] * 3 + far[x]);
  out[0] = static_cast<std::uint8_t>((sums[0] * 4 + 8) >> 4);
  out[1] = static_cast<std::uint8_t>((sums[0] * 3 + sums[1] + 7) >> 4);
  for (std::size_t x = 1; x + 1 < width; x++) {
    out[2 * x] = static_cast<std::uint8_t>((sums[x] * 3 + sums[x - 1] + 8) >> 4);
    out[2 * x + 1] = static_cast<std::uint8_t>((sums[x] * 3 + sums[x + 1] + 7) >> 4);
  }
  out[2 * width - 2] = static_cast<std::uint8_t>((sums[width - 1] * 3 + sums[width - 2] + 8) >> 4);
  out[2 * width - 1] = static_cast<std::uint8_t>((sums[width - 1] * 4 + 7) >> 4);
}

inline std::uint8_t to_byte(std::int32_t v) { return static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v); }

void to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t width,
            std::uint8_t* out) {
  constexpr std::size_t kRun = 64;
  std::uint8_t r[kRun], g[kRun], b[kRun];
  for (std::size_t from = 0; from < width; from += kRun) {
    const std::size_t n = width - from < kRun ? width - from : kRun;
    for (std::size_t i = 0; i < n; i++) {
      const std::int32_t u = cb[from + i] - 128;
      const std::int32_t v = cr[from + i] - 128;
      const std::int32_t l = y[from + i];
      r[i] = to_byte(l + ((91881 * v + 32768) >> 16));
      g[i] = to_byte(l + ((-22554 * u - 46802 * v + 32768) >> 16));
      b[i] = to_byte(l + ((116130 * u + 32768) >> 16));
    }
    std::uint8_t* to = out + 3 * from;
    for (std::size_t i = 0; i < n; i++) {
      to[3 * i] = r[i];
      to[3 * i + 1] = g[i];
      to[3 * i + 2] = b[i];
    }
  }
}

constexpr int kPrecision = 22;

typedef std::int32_t Four __attribute__((vector_size(16)));
typedef std::uint8_t FourBytes __attribute__((vector_size(4)));

// Three channels; every position takes kTaps source positions, the last of them with weight 0 where it needs fewer.
template <int kTaps>
inline void scale_three(const std::uint8_t* in, const std::int32_t* first, const std::int32_t* values, std::size_t taps,
                        std::size_t width, std::uint8_t* out) {
  constexpr std::int32_t kHalf = 1 << (kPrecision - 1);
  for (std::size_t x = 0; x < width; x++) {
    const std::int32_t* weight = values + x * taps;
    const std::uint8_t* from = in + static_cast<std::size_t>(first[x]) * 3;
    Four sum = {kHalf, kHalf, kHalf, kHalf};
    for (int k = 0; k < kTaps; k++) {
      FourBytes bytes;
      std::memcpy(&bytes, from + 3 * k, 4);
      sum += __builtin_convertvector(bytes, Four) * weight[k];
    }
    sum >>= kPrecision;
    for (int c = 0; c < 3; c++) out[3 * x + c] = static_cast<std::uint8_t>(sum[c]);
  }
}

void scale_row(const std::uint8_t* in, const std::uint8_t* end, const std::int32_t* first, const std::int32_t* count,
               const std::int32_t* values, std::size_t taps, std::size_t most, std::size_t width, std::size_t channels,
               std::uint8_t* out) {
  constexpr std::int32_t kHalf = 1 << (kPrecision - 1);
  // A number of taps that the compiler knows, where no position reads beyond the image by it.
  if (channels == 3 && in + 3 * (static_cast<std::size_t>(first[width - 1]) + most) + 1 <= end) {
    switch (most) {
      case 2: return scale_three<2>(in, first, values, taps, width, out);
      case 3: return scale_three<3>(in, first, values, taps, width, out);
      case 4: return scale_three<4>(in, first, values, taps, width, out);
      case 5: return scale_three<5>(in, first, values, taps, width, out);
      case 6: return scale_three<6>(in, first, values, taps, width, out);
      default: break;
    }
  }
  for (std::size_t x = 0; x < width; x++) {
    const std::int32_t* weight = values + x * taps;
    const std::uint8_t* from = in + static_cast<std::size_t>(first[x]) * channels;
    if (channels == 1) {
      std::int32_t sum = kHalf;
      for (std::int32_t k = 0; k < count[x]; k++) sum += from[k] * weight[k];
      out[x] = static_cast<std::uint8_t>(sum >> kPrecision);
      continue;
    }
    Four sum = {kHalf, kHalf, kHalf, kHalf};
    if (from + 3 * count[x] + 1 <= end) {
      for (std::int32_t k = 0; k < count[x]; k++) {
        FourBytes bytes;
        std::memcpy(&bytes, from + 3 * k, 4);
        sum += __builtin_convertvector(bytes, Four) * weight[k];
      }
    } else {
      for (std::int32_t k = 0; k < count[x]; k++) {
        for (int c = 0; c < 3; c++) sum[c] += from[3 * k + c] * weight[k];
      }
    }
    sum >>= kPrecision;
    for (int c = 0; c < 3; c++) out[3 * x + c] = static_cast<std::uint8_t>(sum[c]);
  }
}

void scale_column(const std::uint8_t* in, const std::int32_t* values, std::size_t rows, std::size_t length,
                  std::uint8_t* out) {
  constexpr std::size_t kRun = 64;
  std::int32_t sums[kRun];
  for (std::size_t from = 0; from < length; from += kRun) {
    const std::size_t n = length - from < kRun ? length - from : kRun;
    for (std::size_t x = 0; x < n; x++) sums[x] = 1 << (kPrecision - 1);
    for (std::size_t k = 0; k < rows; k++) {
      const std::uint8_t* row = in + k * length + from;
      const std::int32_t weight = values[k];
      for (std::size_t x = 0; x < n; x++) sums[x] += row[x] * weight;
    }
    for (std::size_t x = 0; x < n; x++) out[from + x] = static_cast<std::uint8_t>(sums[x] >> kPrecision);
  }
}

}  // namespace

}  // namespace svp::cpu

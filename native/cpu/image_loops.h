// The loops of svp/image_kernels.h in plain C++, compiled once per instruction set: the compiler vectorises them for each.
#include <cstring>

#include "image_kernels.h"

namespace svp::cpu {

namespace {

// Wraps around where a damaged file makes it overflow, which signed integers may not.
inline std::int32_t shifted(std::uint32_t value, int bits) { return static_cast<std::int32_t>(value) >> bits; }
inline std::uint8_t clamped(std::int32_t v) { return static_cast<std::uint8_t>(v < 0 ? 0 : v > 255 ? 255 : v); }

// One pass over eight columns side by side: out[k] of column c is at out[8 · k + c], shifted down by kShift with rounding.
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

void inverse_transform(const std::int16_t* coefficients, std::uint8_t* out, std::size_t stride) {
  alignas(64) std::int32_t a[64];
  alignas(64) std::int32_t b[64];
  for (int i = 0; i < 64; i++) a[i] = coefficients[i];
  transform_columns<11>(a, b);
  transpose(b, a);
  transform_columns<18>(a, b);
  transpose(b, a);
  for (int r = 0; r < 8; r++) {
    for (int c = 0; c < 8; c++) out[r * stride + c] = clamped(a[8 * r + c] + 128);
  }
}

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
      r[i] = clamped(l + ((91881 * v + 32768) >> 16));
      g[i] = clamped(l + ((-22554 * u - 46802 * v + 32768) >> 16));
      b[i] = clamped(l + ((116130 * u + 32768) >> 16));
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

constexpr ImageKernels kImageKernels = {inverse_transform, double_columns, double_both, to_rgb, scale_row, scale_column};

}  // namespace

}  // namespace svp::cpu

// Scaling of svp/image_kernels.h in plain C++.
#pragma once

#include "image_kernels.h"

namespace svp::cpu {

namespace {

constexpr int kPrecision = 22;

// A number of source positions that the compiler knows, those of weight 0 too; 0: as many as there are.
template <std::size_t kMost>
inline void scale_positions(const std::uint8_t* in, const RowWeights& w, std::uint8_t* out) {
  const std::int32_t* weight = w.values;
  for (std::size_t x = 0; x < w.length; x++) {
    const std::uint8_t* from = in + w.first[x];
    const std::size_t count = kMost > 0 ? kMost : static_cast<std::size_t>(w.count[x]);
    std::int32_t sum = 1 << (kPrecision - 1);
    for (std::size_t k = 0; k < count; k++) sum += from[k] * weight[k];
    out[x] = static_cast<std::uint8_t>(sum >> kPrecision);
    weight += w.taps;
  }
}

inline void scale_row(const std::uint8_t* in, const RowWeights& weights, std::uint8_t* out) {
  switch (weights.most) {
    case 2: return scale_positions<2>(in, weights, out);
    case 3: return scale_positions<3>(in, weights, out);
    case 4: return scale_positions<4>(in, weights, out);
    case 5: return scale_positions<5>(in, weights, out);
    case 6: return scale_positions<6>(in, weights, out);
    default: return scale_positions<0>(in, weights, out);
  }
}

void scale_rows(const std::uint8_t* const* planes, std::size_t count, const RowWeights& weights, std::uint8_t* out,
                std::size_t stride) {
  for (std::size_t c = 0; c < count; c++) scale_row(planes[c], weights, out + c * stride);
}

void scale_column(const std::uint8_t* const* rows, const std::int32_t* weights, std::size_t count, std::size_t length,
                  std::uint8_t* out) {
  constexpr std::size_t kRun = 64;
  std::int32_t sums[kRun];
  for (std::size_t from = 0; from < length; from += kRun) {
    const std::size_t n = length - from < kRun ? length - from : kRun;
    for (std::size_t x = 0; x < n; x++) sums[x] = 1 << (kPrecision - 1);
    for (std::size_t k = 0; k < count; k++) {
      const std::uint8_t* row = rows[k] + from;
      const std::int32_t weight = weights[k];
      for (std::size_t x = 0; x < n; x++) sums[x] += row[x] * weight;
    }
    for (std::size_t x = 0; x < n; x++) out[from + x] = static_cast<std::uint8_t>(sums[x] >> kPrecision);
  }
}

}  // namespace

}  // namespace svp::cpu

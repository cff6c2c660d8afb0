// Scaling with products of 16 bits, a weight in two parts as in svp::RowWeights: exactly the sums of image_scale.h.
// With Lanes and scale_groups.
#pragma once

#include "image_runs_avx2.h"
#include "image_sums.h"

namespace svp::cpu {

namespace {

template <std::size_t kPairs>
inline void scale_groups_of(const std::uint8_t* const* planes, std::size_t count, const RowWeights& weights,
                            std::uint8_t* out, std::size_t stride) {
  if (count == 3) return scale_groups<kPairs, 3>(planes, weights, out, stride);
  for (std::size_t c = 0; c < count; c++) scale_groups<kPairs, 1>(planes + c, weights, out + c * stride, stride);
}

// Numbers of pairs and of planes that are common are known to the compiler.
void scale_rows(const std::uint8_t* const* planes, std::size_t count, const RowWeights& weights, std::uint8_t* out,
                std::size_t stride) {
  switch (weights.pairs) {
    case 0:
      for (std::size_t c = 0; c < count; c++) scale_in_runs(planes[c], weights, out + c * stride);
      return;
    case 1: return scale_groups_of<1>(planes, count, weights, out, stride);
    case 2: return scale_groups_of<2>(planes, count, weights, out, stride);
    case 3: return scale_groups_of<3>(planes, count, weights, out, stride);
    default: return scale_groups_of<0>(planes, count, weights, out, stride);
  }
}

// Two rows and their weights, for pairs of their bytes.
struct RowPair {
  const std::uint8_t* first;
  const std::uint8_t* second;
  Lanes::V upper, lower;
};

inline RowPair row_pair(const std::uint8_t* const* rows, const std::int32_t* weights, std::size_t k,
                        std::size_t count) {
  const bool alone = k + 1 == count;
  const std::int32_t a = weights[k], b = alone ? 0 : weights[k + 1];
  return {rows[k], alone ? rows[k] : rows[k + 1], Lanes::all32((a >> 11) | (b >> 11) << 16),
          Lanes::all32((a & 2047) << 2 | (b & 2047) << 18)};
}

struct ColumnSums {
  Lanes::V upper, lower;

  void add(Lanes::V values, const RowPair& pair) {
    upper = Lanes::add32(upper, Lanes::pair_products(values, pair.upper));
    lower = Lanes::add32(lower, Lanes::pair_products(values, pair.lower));
  }
};

// The sums of Lanes::kBytes columns; unpacking and packing are each other's reverse.
struct ColumnStrip {
  ColumnSums sums[4];

  ColumnStrip() {
    for (ColumnSums& s : sums) s = {Lanes::zero(), rounding_half()};
  }
  void add(const RowPair& pair, std::size_t at) {
    const Lanes::V a = Lanes::load(pair.first + at), b = Lanes::load(pair.second + at);
    const Lanes::V low = Lanes::low_bytes(a, b), high = Lanes::high_bytes(a, b);
    sums[0].add(Lanes::low_bytes(low, Lanes::zero()), pair);
    sums[1].add(Lanes::high_bytes(low, Lanes::zero()), pair);
    sums[2].add(Lanes::low_bytes(high, Lanes::zero()), pair);
    sums[3].add(Lanes::high_bytes(high, Lanes::zero()), pair);
  }
  Lanes::V words(int i) const {
    return Lanes::pack32(rounded_bytes(sums[i].upper, sums[i].lower),
                         rounded_bytes(sums[i + 1].upper, sums[i + 1].lower));
  }
  void store(std::uint8_t* out) const { Lanes::store(out, Lanes::pack_bytes(words(0), words(2))); }
};

void scale_column(const std::uint8_t* const* rows, const std::int32_t* weights, std::size_t count, std::size_t length,
                  std::uint8_t* out) {
  const RowPair first = row_pair(rows, weights, 0, count);
  if (count <= 2) {
    for (std::size_t x = 0; x < length; x += Lanes::kBytes) {
      ColumnStrip strip;
      strip.add(first, x);
      strip.store(out + x);
    }
    return;
  }
  const RowPair second = row_pair(rows, weights, 2, count);
  for (std::size_t x = 0; x < length; x += Lanes::kBytes) {
    ColumnStrip strip;
    strip.add(first, x);
    strip.add(second, x);
    for (std::size_t k = 4; k < count; k += 2) strip.add(row_pair(rows, weights, k, count), x);
    strip.store(out + x);
  }
}

}  // namespace

}  // namespace svp::cpu

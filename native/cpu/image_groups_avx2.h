// Scaling a row with products of 16 bits (svp::RowWeights), eight sums a vector: exactly the sums of image_scale.h.
#pragma once

#include "image_kernels.h"
#include "image_runs_avx2.h"
#include "image_sums.h"

namespace svp::cpu {

namespace {

// Two groups, eight positions, of each plane; `weights` and `places` are of the first.
template <std::size_t kPairs, std::size_t kPlanes>
inline void scale_two_groups(const std::uint8_t* const* planes, const std::int32_t* first, const std::uint8_t* places,
                             const std::int16_t* weights, std::size_t pairs, __m256i out[kPlanes]) {
  const __m256i order = Lanes::load(places);
  __m256i upper[kPlanes], lower[kPlanes];
  for (std::size_t c = 0; c < kPlanes; c++) {
    upper[c] = Lanes::zero();
    lower[c] = rounding_half();
  }
  const std::size_t count = kPairs > 0 ? kPairs : pairs;
  for (std::size_t p = 0; p < count; p++) {
    const __m256i by_upper = Lanes::load(weights + 64 * p), by_lower = Lanes::load(weights + 64 * p + 32);
    for (std::size_t c = 0; c < kPlanes; c++) {
      const std::uint8_t* from = planes[c] + 2 * p;
      const __m128i low = load_16(from + first[0]), high = load_16(from + first[1]);
      const __m256i values = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1), order);
      upper[c] = Lanes::add32(upper[c], Lanes::pair_products(values, by_upper));
      lower[c] = Lanes::add32(lower[c], Lanes::pair_products(values, by_lower));
    }
  }
  for (std::size_t c = 0; c < kPlanes; c++) out[c] = rounded_bytes(upper[c], lower[c]);
}

template <std::size_t kPairs, std::size_t kPlanes>
inline void scale_groups(const std::uint8_t* const* in, const RowWeights& w, std::uint8_t* out, std::size_t stride) {
  const std::uint8_t* planes[kPlanes];
  for (std::size_t c = 0; c < kPlanes; c++) planes[c] = in[c];
  const std::size_t pairs = kPairs > 0 ? kPairs : w.pairs;
  const std::int32_t* first = w.group_first;
  const std::uint8_t* places = w.places;
  const std::int16_t* weights = w.paired;
  for (const std::int32_t* end = first + 4 * w.blocks; first < end; first += 4) {
    __m256i low[kPlanes], high[kPlanes];
    scale_two_groups<kPairs, kPlanes>(planes, first, places, weights, pairs, low);
    scale_two_groups<kPairs, kPlanes>(planes, first + 2, places + 32, weights + 16, pairs, high);
    for (std::size_t c = 0; c < kPlanes; c++) {
      const __m256i words = Lanes::pack32(low[c], high[c]);  // groups 0, 2 | 1, 3
      const __m256i bytes = Lanes::pack_bytes(words, words);
      const __m128i all = _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + c * stride), all);
    }
    out += 16;
    places += 64;
    weights += 64 * pairs;
  }
}

}  // namespace

}  // namespace svp::cpu

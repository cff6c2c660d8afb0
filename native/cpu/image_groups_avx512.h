// Scaling a row with products of 16 bits (svp::RowWeights), sixteen sums a vector: exactly the sums of image_scale.h.
#pragma once

#include "image_kernels.h"
#include "image_runs_avx2.h"
#include "image_sums.h"

namespace svp::cpu {

namespace {

template <std::size_t kPairs, std::size_t kPlanes>
inline void scale_groups(const std::uint8_t* const* in, const RowWeights& w, std::uint8_t* out, std::size_t stride) {
  const std::uint8_t* planes[kPlanes];
  for (std::size_t c = 0; c < kPlanes; c++) planes[c] = in[c];
  const std::size_t pairs = kPairs > 0 ? kPairs : w.pairs;
  const std::int32_t* first = w.group_first;
  const std::uint8_t* places = w.places;
  const std::int16_t* weights = w.paired;
  for (const std::int32_t* end = first + 4 * w.blocks; first < end; first += 4) {
    const __m512i order = Lanes::load(places);
    __m512i upper[kPlanes], lower[kPlanes];
    for (std::size_t c = 0; c < kPlanes; c++) {
      upper[c] = Lanes::zero();
      lower[c] = rounding_half();
    }
    for (std::size_t p = 0; p < pairs; p++) {
      const __m512i by_upper = Lanes::load(weights), by_lower = Lanes::load(weights + 32);
      for (std::size_t c = 0; c < kPlanes; c++) {
        const std::uint8_t* from = planes[c] + 2 * p;
        __m512i bytes = _mm512_castsi128_si512(load_16(from + first[0]));
        bytes = _mm512_inserti32x4(bytes, load_16(from + first[1]), 1);
        bytes = _mm512_inserti32x4(bytes, load_16(from + first[2]), 2);
        bytes = _mm512_inserti32x4(bytes, load_16(from + first[3]), 3);
        const __m512i values = _mm512_shuffle_epi8(bytes, order);
        upper[c] = Lanes::add32(upper[c], Lanes::pair_products(values, by_upper));
        lower[c] = Lanes::add32(lower[c], Lanes::pair_products(values, by_lower));
      }
      weights += 64;
    }
    for (std::size_t c = 0; c < kPlanes; c++) {
      const __m128i all = _mm512_cvtepi32_epi8(rounded_bytes(upper[c], lower[c]));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + c * stride), all);
    }
    out += 16;
    places += 64;
  }
}

}  // namespace

}  // namespace svp::cpu

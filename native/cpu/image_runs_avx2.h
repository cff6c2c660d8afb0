// Scaling a row whose positions take many source positions each (svp::RowWeights::runs), one position after the other.
#pragma once

#include <immintrin.h>

#include "image_kernels.h"

namespace svp::cpu {

namespace {

inline __m128i load_16(const std::uint8_t* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); }
inline __m256i load_16(const std::int16_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }

// Eight sums to be added, times 4.
inline __m256i scale_run(const std::uint8_t* in, const std::int16_t* weights, std::size_t run) {
  __m256i upper = _mm256_setzero_si256(), lower = _mm256_setzero_si256();
  for (std::size_t k = 0; k < run; k += 16) {
    const __m256i values = _mm256_cvtepu8_epi16(load_16(in + k));
    upper = _mm256_add_epi32(upper, _mm256_madd_epi16(values, load_16(weights + k)));
    lower = _mm256_add_epi32(lower, _mm256_madd_epi16(values, load_16(weights + run + k)));
  }
  return _mm256_add_epi32(_mm256_slli_epi32(upper, 13), lower);
}

inline void scale_in_runs(const std::uint8_t* in, const RowWeights& w, std::uint8_t* out) {
  for (std::size_t x = 0; x < w.length; x += 4) {
    __m256i sums[4];
    for (std::size_t i = 0; i < 4; i++) sums[i] = scale_run(in + w.first[x + i], w.runs + (x + i) * 2 * w.run, w.run);
    const __m256i halves = _mm256_hadd_epi32(_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3]));
    const __m128i four = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    const __m128i rounded = _mm_srli_epi32(_mm_add_epi32(four, _mm_set1_epi32(1 << 23)), 24);
    const __m128i words = _mm_packus_epi32(rounded, rounded);
    const int bytes = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    __builtin_memcpy(out + x, &bytes, 4);
  }
}

}  // namespace

}  // namespace svp::cpu

// The inverse cosine transform with products of 16 bits, exactly that of jpeg_transform.h: both passes are sums of a
// few coefficients times constants of 16 bits, whatever the order of the additions (they wrap around alike), and what
// lies between the passes fits into 16 bits unless a block is far from any picture: then the other one does it.
#pragma once

#include <immintrin.h>

#include "jpeg_transform.h"

namespace svp::cpu {

namespace {

// Two constants for the two coefficients that lie side by side.
inline __m256i both(int a, int b) {
  return _mm256_set1_epi32(static_cast<int>(static_cast<unsigned>(b) << 16 | (static_cast<unsigned>(a) & 0xffff)));
}

inline __m256i in_both(__m128i half) { return _mm256_broadcastsi128_si256(half); }

// One pass over eight columns, a lane of 32 bits each, from rows (0, 4), (2, 6), (1, 5), (3, 7): out[k] of the column,
// shifted down. The constants are those of the plain version, multiplied out.
template <int kShift>
inline void transform_pairs(__m256i p04, __m256i p26, __m256i p15, __m256i p37, __m256i out[8]) {
  const __m256i half = _mm256_set1_epi32(1 << (kShift - 1));
  const __m256i e0 = _mm256_add_epi32(_mm256_madd_epi16(p04, both(8192, 8192)), half);
  const __m256i e4 = _mm256_add_epi32(_mm256_madd_epi16(p04, both(8192, -8192)), half);
  const __m256i e3 = _mm256_madd_epi16(p26, both(10703, 4433));
  const __m256i e2 = _mm256_madd_epi16(p26, both(4433, -10704));
  auto odd = [&](__m256i by15, __m256i by37) {
    return _mm256_add_epi32(_mm256_madd_epi16(p15, by15), _mm256_madd_epi16(p37, by37));
  };
  const __m256i o0 = odd(both(2260, 9633), both(-6436, -11363));
  const __m256i o1 = odd(both(6437, 2261), both(-11362, 9633));
  const __m256i o2 = odd(both(9633, -11362), both(-2259, -6436));
  const __m256i o3 = odd(both(11363, 6437), both(9633, 2260));
  const __m256i t10 = _mm256_add_epi32(e0, e3), t13 = _mm256_sub_epi32(e0, e3);
  const __m256i t11 = _mm256_add_epi32(e4, e2), t12 = _mm256_sub_epi32(e4, e2);
  out[0] = _mm256_srai_epi32(_mm256_add_epi32(t10, o3), kShift);
  out[7] = _mm256_srai_epi32(_mm256_sub_epi32(t10, o3), kShift);
  out[1] = _mm256_srai_epi32(_mm256_add_epi32(t11, o2), kShift);
  out[6] = _mm256_srai_epi32(_mm256_sub_epi32(t11, o2), kShift);
  out[2] = _mm256_srai_epi32(_mm256_add_epi32(t12, o1), kShift);
  out[5] = _mm256_srai_epi32(_mm256_sub_epi32(t12, o1), kShift);
  out[3] = _mm256_srai_epi32(_mm256_add_epi32(t13, o0), kShift);
  out[4] = _mm256_srai_epi32(_mm256_sub_epi32(t13, o0), kShift);
}

// Two rows of eight columns as one row in each half, its columns in pairs (0, 4), (1, 5), (2, 6), (3, 7).
inline __m256i rows_in_pairs(__m256i row, __m256i next) {
  const __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32(row, next), 0xd8);
  return _mm256_shuffle_epi8(halves, in_both(_mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15)));
}

inline void store_two(std::uint8_t* low, std::uint8_t* high, __m128i rows) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(low), rows);
  _mm_storeh_pi(reinterpret_cast<__m64*>(high), _mm_castsi128_ps(rows));
}

void inverse_transform(const std::int16_t* coefficients, const std::uint16_t* quantizers, std::uint8_t* out,
                       std::size_t stride) {
  const __m256i* from = reinterpret_cast<const __m256i*>(coefficients);
  const __m256i* by = reinterpret_cast<const __m256i*>(quantizers);
  __m256i p[4];
  __m256i sum = _mm256_setzero_si256();
  for (int i = 0; i < 4; i++) {
    p[i] = _mm256_mullo_epi16(_mm256_loadu_si256(from + i), _mm256_loadu_si256(by + i));
    sum = _mm256_adds_epu16(sum, _mm256_abs_epi16(p[i]));
  }
  // The first pass gives at most 4 · 1.3871 times the sum of a column, of which each lane has the half.
  const __m256i above = _mm256_subs_epu16(sum, _mm256_set1_epi16(2900));
  if (!_mm256_testz_si256(above, above)) {
    inverse_transform_wrapping(coefficients, quantizers, out, stride);
    return;
  }
  __m256i rows[8];
  transform_pairs<11>(p[0], p[1], p[2], p[3], rows);
  const __m256i a = rows_in_pairs(rows[0], rows[1]), b = rows_in_pairs(rows[2], rows[3]);
  const __m256i c = rows_in_pairs(rows[4], rows[5]), d = rows_in_pairs(rows[6], rows[7]);
  // Now lanes are rows, the even ones in the lower half: 0, 2, 4, 6, 1, 3, 5, 7.
  const __m256i ab = _mm256_unpacklo_epi32(a, b), cd = _mm256_unpacklo_epi32(c, d);
  const __m256i ab2 = _mm256_unpackhi_epi32(a, b), cd2 = _mm256_unpackhi_epi32(c, d);
  __m256i columns[8];
  transform_pairs<18>(_mm256_unpacklo_epi64(ab, cd), _mm256_unpacklo_epi64(ab2, cd2), _mm256_unpackhi_epi64(ab, cd),
                      _mm256_unpackhi_epi64(ab2, cd2), columns);
  // Clamped to −128 … 127 by packing; four columns of four rows a half, then rows.
  auto four = [&](int x) {
    return _mm256_packs_epi16(_mm256_packs_epi32(columns[x], columns[x + 1]),
                              _mm256_packs_epi32(columns[x + 2], columns[x + 3]));
  };
  const __m256i turn = in_both(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m256i middle = _mm256_set1_epi8(-128);
  const __m256i l = _mm256_shuffle_epi8(_mm256_xor_si256(four(0), middle), turn);
  const __m256i r = _mm256_shuffle_epi8(_mm256_xor_si256(four(4), middle), turn);
  const __m256i upper = _mm256_unpacklo_epi32(l, r), lower = _mm256_unpackhi_epi32(l, r);
  store_two(out, out + 2 * stride, _mm256_castsi256_si128(upper));
  store_two(out + stride, out + 3 * stride, _mm256_extracti128_si256(upper, 1));
  store_two(out + 4 * stride, out + 6 * stride, _mm256_castsi256_si128(lower));
  store_two(out + 5 * stride, out + 7 * stride, _mm256_extracti128_si256(lower, 1));
}

}  // namespace

}  // namespace svp::cpu

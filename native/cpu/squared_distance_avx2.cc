// Accumulators 0–3 in one register, 4–7 in another. Multiply and add stay separate: a fused one would round once less.
#include <immintrin.h>

#include "squared_distance_kernels.h"

namespace svp::cpu {

namespace {

double combine(__m256d low, __m256d high) {
  const __m256d four = _mm256_add_pd(low, high);  // a0+a4, a1+a5, a2+a6, a3+a7
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

__m256d add_square(__m256d sum, __m256d x, __m256d y) {
  const __m256d difference = _mm256_sub_pd(x, y);
  return _mm256_add_pd(sum, _mm256_mul_pd(difference, difference));
}

}  // namespace

double squared_distance_avx2(const float* x, const float* y, std::size_t d) {
  __m256d low = _mm256_setzero_pd();
  __m256d high = _mm256_setzero_pd();
  std::size_t k = 0;
  for (; k + 8 <= d; k += 8) {
    const __m256 vx = _mm256_loadu_ps(x + k);
    const __m256 vy = _mm256_loadu_ps(y + k);
    low = add_square(low, _mm256_cvtps_pd(_mm256_castps256_ps128(vx)), _mm256_cvtps_pd(_mm256_castps256_ps128(vy)));
    high = add_square(high, _mm256_cvtps_pd(_mm256_extractf128_ps(vx, 1)),
                      _mm256_cvtps_pd(_mm256_extractf128_ps(vy, 1)));
  }
  if (k < d) {
    // Lanes past the end read 0 from both rows and add +0, which changes nothing.
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i inside = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(d - k)), lane);
    const __m256 vx = _mm256_maskload_ps(x + k, inside);
    const __m256 vy = _mm256_maskload_ps(y + k, inside);
    low = add_square(low, _mm256_cvtps_pd(_mm256_castps256_ps128(vx)), _mm256_cvtps_pd(_mm256_castps256_ps128(vy)));
    high = add_square(high, _mm256_cvtps_pd(_mm256_extractf128_ps(vx, 1)),
                      _mm256_cvtps_pd(_mm256_extractf128_ps(vy, 1)));
  }
  return combine(low, high);
}

void squared_distance_1x4_avx2(const double* x, const double* const y[4], std::size_t padded, double out[4]) {
  __m256d low[4], high[4];
  for (int j = 0; j < 4; j++) low[j] = high[j] = _mm256_setzero_pd();
  for (std::size_t k = 0; k < padded; k += 8) {
    const __m256d x_low = _mm256_loadu_pd(x + k);
    const __m256d x_high = _mm256_loadu_pd(x + k + 4);
    for (int j = 0; j < 4; j++) {
      low[j] = add_square(low[j], x_low, _mm256_loadu_pd(y[j] + k));
      high[j] = add_square(high[j], x_high, _mm256_loadu_pd(y[j] + k + 4));
    }
  }
  for (int j = 0; j < 4; j++) out[j] = combine(low[j], high[j]);
}

}  // namespace svp::cpu

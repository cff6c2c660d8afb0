// All eight accumulators in one register. Multiply and add stay separate: a fused one would round once less.
#include <immintrin.h>

#include "squared_distance_kernels.h"

namespace svp::cpu {

namespace {

double combine(__m512d eight) {
  const __m256d four = _mm256_add_pd(_mm512_castpd512_pd256(eight), _mm512_extractf64x4_pd(eight, 1));
  const __m128d two = _mm_add_pd(_mm256_castpd256_pd128(four), _mm256_extractf128_pd(four, 1));
  return _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)));
}

__m512d add_square(__m512d sum, __m512d x, __m512d y) {
  const __m512d difference = _mm512_sub_pd(x, y);
  return _mm512_add_pd(sum, _mm512_mul_pd(difference, difference));
}

}  // namespace

double squared_distance_avx512(const float* x, const float* y, std::size_t d) {
  __m512d sum = _mm512_setzero_pd();
  std::size_t k = 0;
  for (; k + 8 <= d; k += 8) {
    sum = add_square(sum, _mm512_cvtps_pd(_mm256_loadu_ps(x + k)), _mm512_cvtps_pd(_mm256_loadu_ps(y + k)));
  }
  if (k < d) {
    // Lanes past the end read 0 from both rows and add +0, which changes nothing.
    const __mmask8 inside = static_cast<__mmask8>((1u << (d - k)) - 1u);
    sum = add_square(sum, _mm512_cvtps_pd(_mm256_maskz_loadu_ps(inside, x + k)),
                     _mm512_cvtps_pd(_mm256_maskz_loadu_ps(inside, y + k)));
  }
  return combine(sum);
}

void squared_distance_1x4_avx512(const double* x, const double* const y[4], std::size_t padded, double out[4]) {
  // Two steps in flight would reorder the sums, so independence comes from the four pairs alone.
  __m512d sum[4];
  for (int j = 0; j < 4; j++) sum[j] = _mm512_setzero_pd();
  for (std::size_t k = 0; k < padded; k += 8) {
    const __m512d vx = _mm512_loadu_pd(x + k);
    for (int j = 0; j < 4; j++) sum[j] = add_square(sum[j], vx, _mm512_loadu_pd(y[j] + k));
  }
  for (int j = 0; j < 4; j++) out[j] = combine(sum[j]);
}

}  // namespace svp::cpu

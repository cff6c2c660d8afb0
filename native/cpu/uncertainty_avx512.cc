#include <immintrin.h>

#include "uncertainty_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
  using Singles = __m256;
  using Doubles = __m512d;
  using Nans = unsigned;

  static Singles load(const float* p) { return _mm256_loadu_ps(p); }
  static Singles load_some(const float* p, std::size_t count) {
    const __mmask8 inside = static_cast<__mmask8>((1u << count) - 1u);
    return _mm256_mask_loadu_ps(fill(-__builtin_inff()), inside, p);
  }
  static Singles fill(float x) { return _mm256_set1_ps(x); }
  static Singles larger(Singles a, Singles b) { return _mm256_max_ps(a, b); }
  static Singles smaller(Singles a, Singles b) { return _mm256_min_ps(a, b); }
  static void store(float* p, Singles a) { _mm256_storeu_ps(p, a); }

  static Nans no_nans() { return 0; }
  static Nans note_nans(Nans seen, Singles a) { return seen | _mm256_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  static bool any(Nans seen) { return seen != 0; }

  static Doubles widen(Singles a) { return _mm512_cvtps_pd(a); }
  static Doubles fill_double(double x) { return _mm512_set1_pd(x); }
  static Doubles plus(Doubles a, Doubles b) { return _mm512_add_pd(a, b); }
  static Doubles minus(Doubles a, Doubles b) { return _mm512_sub_pd(a, b); }
  static Doubles times(Doubles a, Doubles b) { return _mm512_mul_pd(a, b); }
  static Doubles larger_double(Doubles a, Doubles b) { return _mm512_max_pd(a, b); }
  static Doubles at_power(Doubles p, Doubles shifted) {
    return _mm512_castsi512_pd(
        _mm512_add_epi64(_mm512_castpd_si512(p), _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52)));
  }
  static Doubles where_negative(Doubles x, Doubles v) {
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_LT_OQ), v);
  }
  static void store_double(double* p, Doubles a) { _mm512_storeu_pd(p, a); }
};

}  // namespace

UncertaintySums uncertainty_row_avx512(const float* row, std::size_t columns) {
  return uncertainty_row_in<Lanes>(row, columns);
}

}  // namespace svp::cpu

#include <immintrin.h>

#include "uncertainty_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
  using Singles = __m256;
  struct Doubles { __m256d low, high; };
  using Nans = __m256;

  static Singles load(const float* p) { return _mm256_loadu_ps(p); }
  static Singles load_some(const float* p, std::size_t count) {
    const __m256i inside = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_blendv_ps(fill(-__builtin_inff()), _mm256_maskload_ps(p, inside), _mm256_castsi256_ps(inside));
  }
  static Singles fill(float x) { return _mm256_set1_ps(x); }
  static Singles larger(Singles a, Singles b) { return _mm256_max_ps(a, b); }
  static Singles smaller(Singles a, Singles b) { return _mm256_min_ps(a, b); }
  static void store(float* p, Singles a) { _mm256_storeu_ps(p, a); }

  static Nans no_nans() { return _mm256_setzero_ps(); }
  static Nans note_nans(Nans seen, Singles a) { return _mm256_or_ps(seen, _mm256_cmp_ps(a, a, _CMP_UNORD_Q)); }
  static bool any(Nans seen) { return _mm256_movemask_ps(seen) != 0; }

  static Doubles widen(Singles a) {
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(a)), _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))};
  }
  static Doubles fill_double(double x) { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
  static Doubles plus(Doubles a, Doubles b) { return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)}; }
  static Doubles minus(Doubles a, Doubles b) { return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)}; }
  static Doubles times(Doubles a, Doubles b) { return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)}; }
  static Doubles larger_double(Doubles a, Doubles b) {
    return {_mm256_max_pd(a.low, b.low), _mm256_max_pd(a.high, b.high)};
  }
  static __m256d at_power_half(__m256d p, __m256d shifted) {
    return _mm256_castsi256_pd(
        _mm256_add_epi64(_mm256_castpd_si256(p), _mm256_slli_epi64(_mm256_castpd_si256(shifted), 52)));
  }
  static Doubles at_power(Doubles p, Doubles shifted) {
    return {at_power_half(p.low, shifted.low), at_power_half(p.high, shifted.high)};
  }
  static Doubles where_negative(Doubles x, Doubles v) {
    const __m256d zero = _mm256_setzero_pd();
    return {_mm256_and_pd(v.low, _mm256_cmp_pd(x.low, zero, _CMP_LT_OQ)),
            _mm256_and_pd(v.high, _mm256_cmp_pd(x.high, zero, _CMP_LT_OQ))};
  }
  static void store_double(double* p, Doubles a) {
    _mm256_storeu_pd(p, a.low);
    _mm256_storeu_pd(p + 4, a.high);
  }
};

}  // namespace

UncertaintySums uncertainty_row_avx2(const float* row, std::size_t columns) {
  return uncertainty_row_in<Lanes>(row, columns);
}

}  // namespace svp::cpu

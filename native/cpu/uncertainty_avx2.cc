#include <immintrin.h>

#include "cpu/uncertainty_kernels.h"

namespace svp::cpu {

namespace {

struct Lanes {
  using Long = Lanes;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kStep = 32;
  using Singles = __m256;
  struct Doubles { __m256d low, high; };
  using Nans = __m256;

  static Singles load(const float* p) { return _mm256_loadu_ps(p); }
  static Singles load_some(const float* p, std::size_t count, float rest) {
    const __m256i inside = _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                                              _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_blendv_ps(fill(rest), _mm256_maskload_ps(p, inside), _mm256_castsi256_ps(inside));
  }
  static Singles fill(float x) { return _mm256_set1_ps(x); }
  static Singles larger(Singles a, Singles b) { return _mm256_max_ps(a, b); }
  static Singles smaller(Singles a, Singles b) { return _mm256_min_ps(a, b); }
  static void store(float* p, Singles a) { _mm256_storeu_ps(p, a); }
  static Singles fold_larger(Singles a) { return a; }
  static Singles fold_smaller(Singles a) { return a; }
  static float largest_of(Singles a) {
    const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
  }
  static float smallest_of(Singles a) {
    const __m128 b = _mm_min_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    const __m128 c = _mm_min_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_min_ss(c, _mm_movehdup_ps(c)));
  }
  static std::size_t first_lane(Singles a, float x) {
    return static_cast<std::size_t>(
        __builtin_ctz(static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(a, fill(x), _CMP_EQ_OQ))) | 0x80u));
  }
  static Singles where_lane(std::size_t lane, Singles a, Singles b) {
    const __m256i is = _mm256_cmpeq_epi32(_mm256_set1_epi32(static_cast<int>(lane)),
                                          _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(is));
  }
  template <typename T>
  static void in_memory(T& values) { asm("" : "+m"(values)); }
  static double combine(Doubles a) {
    const __m256d b = _mm256_add_pd(a.low, a.high);
    const __m128d c = _mm_add_pd(_mm256_castpd256_pd128(b), _mm256_extractf128_pd(b, 1));
    return _mm_cvtsd_f64(_mm_add_sd(c, _mm_unpackhi_pd(c, c)));
  }
  static Singles minus_single(Singles a, Singles b) { return _mm256_sub_ps(a, b); }
  static Singles fused(Singles a, Singles b, Singles c) { return _mm256_fmadd_ps(a, b, c); }
  static Singles fused_minus(Singles a, Singles b, Singles c) { return _mm256_fmsub_ps(a, b, c); }
  static Singles at_power_single(Singles p, Singles t) {
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(t), 23)));
  }
  static Singles where_greater(Singles a, Singles b, Singles x, Singles y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_GT_OQ));
  }

  static Nans no_nans() { return _mm256_setzero_ps(); }
  static Nans note_nans(Nans seen, Singles a) { return _mm256_or_ps(seen, _mm256_cmp_ps(a, a, _CMP_UNORD_Q)); }
  static bool any(Nans seen) { return _mm256_movemask_ps(seen) != 0; }

  static Doubles widen(Singles a) {
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(a)), _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1))};
  }
  static Doubles load_widened(const float* p) {
    return {_mm256_cvtps_pd(_mm_loadu_ps(p)), _mm256_cvtps_pd(_mm_loadu_ps(p + 4))};
  }
  static Singles narrow(Doubles a) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(a.low)), _mm256_cvtpd_ps(a.high), 1);
  }
  static Doubles load_double(const double* p) { return {_mm256_loadu_pd(p), _mm256_loadu_pd(p + 4)}; }
  static Doubles fill_double(double x) { return {_mm256_set1_pd(x), _mm256_set1_pd(x)}; }
  static Doubles plus(Doubles a, Doubles b) { return {_mm256_add_pd(a.low, b.low), _mm256_add_pd(a.high, b.high)}; }
  static Doubles minus(Doubles a, Doubles b) { return {_mm256_sub_pd(a.low, b.low), _mm256_sub_pd(a.high, b.high)}; }
  static Doubles times(Doubles a, Doubles b) { return {_mm256_mul_pd(a.low, b.low), _mm256_mul_pd(a.high, b.high)}; }
  static Doubles over(Doubles a, Doubles b) { return {_mm256_div_pd(a.low, b.low), _mm256_div_pd(a.high, b.high)}; }
  static Doubles fused_double(Doubles a, Doubles b, Doubles c) {
    return {_mm256_fmadd_pd(a.low, b.low, c.low), _mm256_fmadd_pd(a.high, b.high, c.high)};
  }
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
  static __m256d split_half(__m256d x, __m256d& g) {
    const __m256i root_half = _mm256_set1_epi64x(0x3fe6a09e667f3bcd);
    const __m256i u = _mm256_add_epi64(
        _mm256_castpd_si256(x), _mm256_set1_epi64x(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
    const __m256i fraction = _mm256_and_si256(u, _mm256_set1_epi64x(0x000fffffffffffff));
    g = _mm256_castsi256_pd(_mm256_add_epi64(fraction, root_half));
    // The exponent in the low bits of 2^52.
    const __m256d k = _mm256_castsi256_pd(
        _mm256_or_si256(_mm256_srli_epi64(u, 52), _mm256_set1_epi64x(0x4330000000000000)));
    return _mm256_sub_pd(k, _mm256_set1_pd(0x1p52 + 1023));
  }
  static Doubles split(Doubles x, Doubles& g) { return {split_half(x.low, g.low), split_half(x.high, g.high)}; }
  static Doubles where_negative(Doubles x, Doubles v) {
    const __m256d zero = _mm256_setzero_pd();
    return {_mm256_and_pd(v.low, _mm256_cmp_pd(x.low, zero, _CMP_LT_OQ)),
            _mm256_and_pd(v.high, _mm256_cmp_pd(x.high, zero, _CMP_LT_OQ))};
  }
  static void store_double(double* p, Doubles a) {
    _mm256_storeu_pd(p, a.low);
    _mm256_storeu_pd(p + 4, a.high);
  }

  static void widen_half(const std::uint16_t* from, std::size_t count, float* to) {
    std::size_t k = 0;
    for (; k + 8 <= count; k += 8) {
      __m128i halves;
      __builtin_memcpy(&halves, from + k, sizeof(halves));
      _mm256_storeu_ps(to + k, _mm256_cvtph_ps(halves));
    }
    for (; k < count; k++) to[k] = _cvtsh_ss(from[k]);
  }
};

}  // namespace

const UncertaintyKernel& uncertainty_kernel_avx2() {
  static constexpr UncertaintyKernel kernel = make_uncertainty_kernel<Lanes>();
  return kernel;
}

}  // namespace svp::cpu

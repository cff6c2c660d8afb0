#include <immintrin.h>

#include "cpu/uncertainty_kernels.h"

namespace svp::cpu {

namespace {

struct LongLanes {
  using Singles = __m512;
  static constexpr std::size_t kLanes = 16;
  static Singles load(const float* p) { return _mm512_loadu_ps(p); }
  static Singles load_some(const float* p, std::size_t count, float rest) {
    return _mm512_mask_loadu_ps(fill(rest), static_cast<__mmask16>((1u << count) - 1u), p);
  }
  static Singles fill(float x) { return _mm512_set1_ps(x); }
  static Singles larger(Singles a, Singles b) { return _mm512_max_ps(a, b); }
  static Singles smaller(Singles a, Singles b) { return _mm512_min_ps(a, b); }
  static void store(float* p, Singles a) { _mm512_storeu_ps(p, a); }
  static Singles minus_single(Singles a, Singles b) { return _mm512_sub_ps(a, b); }
  static Singles fused(Singles a, Singles b, Singles c) { return _mm512_fmadd_ps(a, b, c); }
  static Singles fused_minus(Singles a, Singles b, Singles c) { return _mm512_fmsub_ps(a, b, c); }
  static Singles at_power_single(Singles p, Singles t) {
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_castps_si512(t), 23)));
  }
  static __m256 low(Singles a) { return _mm512_castps512_ps256(a); }
  static __m256 high(Singles a) { return _mm512_extractf32x8_ps(a, 1); }
  static __m256 fold_larger(Singles a) { return _mm256_max_ps(low(a), high(a)); }
  static __m256 fold_smaller(Singles a) { return _mm256_min_ps(low(a), high(a)); }
};

struct Lanes {
  using Long = LongLanes;
  static constexpr std::size_t kStep = 64;
  using Singles = __m256;
  using Doubles = __m512d;
  using Nans = unsigned;

  static Singles load(const float* p) { return _mm256_loadu_ps(p); }
  static Singles load_some(const float* p, std::size_t count, float rest) {
    const __mmask8 inside = static_cast<__mmask8>((1u << count) - 1u);
    return _mm256_mask_loadu_ps(fill(rest), inside, p);
  }
  static Singles fill(float x) { return _mm256_set1_ps(x); }
  static Singles larger(Singles a, Singles b) { return _mm256_max_ps(a, b); }
  static Singles smaller(Singles a, Singles b) { return _mm256_min_ps(a, b); }
  static void store(float* p, Singles a) { _mm256_storeu_ps(p, a); }
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
    return _mm256_mask_mov_ps(b, static_cast<__mmask8>(1u << lane), a);
  }
  template <typename T>
  static void in_memory(T& values) { asm("" : "+m"(values)); }
  static double combine(Doubles a) {
    const __m256d b = _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd(a, 1));
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
    return _mm256_mask_mov_ps(y, _mm256_cmp_ps_mask(a, b, _CMP_GT_OQ), x);
  }

  static Nans no_nans() { return 0; }
  static Nans note_nans(Nans seen, Singles a) { return seen | _mm256_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  static bool any(Nans seen) { return seen != 0; }

  static Doubles widen(Singles a) { return _mm512_cvtps_pd(a); }
  static Doubles load_widened(const float* p) { return _mm512_cvtps_pd(_mm256_loadu_ps(p)); }
  static Singles narrow(Doubles a) { return _mm512_cvtpd_ps(a); }
  static Doubles load_double(const double* p) { return _mm512_loadu_pd(p); }
  static Doubles fill_double(double x) { return _mm512_set1_pd(x); }
  static Doubles plus(Doubles a, Doubles b) { return _mm512_add_pd(a, b); }
  static Doubles minus(Doubles a, Doubles b) { return _mm512_sub_pd(a, b); }
  static Doubles times(Doubles a, Doubles b) { return _mm512_mul_pd(a, b); }
  static Doubles over(Doubles a, Doubles b) { return _mm512_div_pd(a, b); }
  static Doubles fused_double(Doubles a, Doubles b, Doubles c) { return _mm512_fmadd_pd(a, b, c); }
  static Doubles larger_double(Doubles a, Doubles b) { return _mm512_max_pd(a, b); }
  static Doubles at_power(Doubles p, Doubles shifted) {
    return _mm512_castsi512_pd(
        _mm512_add_epi64(_mm512_castpd_si512(p), _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52)));
  }
  static Doubles split(Doubles x, Doubles& g) {
    const __m512i root_half = _mm512_set1_epi64(0x3fe6a09e667f3bcd);
    const __m512i u = _mm512_add_epi64(
        _mm512_castpd_si512(x), _mm512_set1_epi64(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
    const __m512i fraction = _mm512_and_si512(u, _mm512_set1_epi64(0x000fffffffffffff));
    g = _mm512_castsi512_pd(_mm512_add_epi64(fraction, root_half));
    // The exponent in the low bits of 2^52.
    const __m512d k = _mm512_castsi512_pd(
        _mm512_or_si512(_mm512_srli_epi64(u, 52), _mm512_set1_epi64(0x4330000000000000)));
    return _mm512_sub_pd(k, _mm512_set1_pd(0x1p52 + 1023));
  }
  static Doubles where_negative(Doubles x, Doubles v) {
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_LT_OQ), v);
  }
  static void store_double(double* p, Doubles a) { _mm512_storeu_pd(p, a); }

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

const UncertaintyKernel& uncertainty_kernel_avx512() {
  static constexpr UncertaintyKernel kernel = make_uncertainty_kernel<Lanes>();
  return kernel;
}

}  // namespace svp::cpu

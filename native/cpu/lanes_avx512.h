// Sixteen float32 lanes of AVX-512.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace svp::cpu {
namespace {

struct Lanes {
  static constexpr std::size_t kCount = 16;
  using V = __m512;
  static V zero() { return _mm512_setzero_ps(); }
  static V all(const float* p) { return _mm512_set1_ps(*p); }
  static V load(const float* p) { return _mm512_loadu_ps(p); }
  static void store(float* p, V a) { _mm512_storeu_ps(p, a); }
  // The first `count` lanes, 1 to kCount; the others are zeros, and their memory is not touched.
  static V load_first(const float* p, std::size_t count) { return _mm512_maskz_loadu_ps(first(count), p); }
  static void store_first(float* p, V a, std::size_t count) { _mm512_mask_storeu_ps(p, first(count), a); }
  static __mmask16 first(std::size_t count) { return static_cast<__mmask16>((1u << count) - 1); }
  static V add(V a, V b) { return _mm512_add_ps(a, b); }
  static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
  static V mul(V a, V b) { return _mm512_mul_ps(a, b); }
  static V fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
  static V positive(V a) { return _mm512_max_ps(a, _mm512_setzero_ps()); }
  static V where_positive(V a, V b) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_GT_OQ), b);
  }
};

}  // namespace
}  // namespace svp::cpu

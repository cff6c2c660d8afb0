// Eight float32 lanes of AVX2 with fused multiply-add.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace svp::cpu {
namespace {

struct Lanes {
  static constexpr std::size_t kCount = 8;
  using V = __m256;
  static V zero() { return _mm256_setzero_ps(); }
  static V all(const float* p) { return _mm256_broadcast_ss(p); }
  static V load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, V a) { _mm256_storeu_ps(p, a); }
  // The first `count` lanes, 1 to kCount; the others are zeros, and their memory is not touched.
  static V load_first(const float* p, std::size_t count) { return _mm256_maskload_ps(p, first(count)); }
  static void store_first(float* p, V a, std::size_t count) { _mm256_maskstore_ps(p, first(count), a); }
  static __m256i first(std::size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static V add(V a, V b) { return _mm256_add_ps(a, b); }
  static V sub(V a, V b) { return _mm256_sub_ps(a, b); }
  static V mul(V a, V b) { return _mm256_mul_ps(a, b); }
  static V fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
  // NaN in `a` gives 0 here and in where_positive, as in the plain loop.
  static V positive(V a) { return _mm256_max_ps(a, _mm256_setzero_ps()); }
  static V where_positive(V a, V b) { return _mm256_and_ps(_mm256_cmp_ps(a, _mm256_setzero_ps(), _CMP_GT_OQ), b); }
};

}  // namespace
}  // namespace svp::cpu

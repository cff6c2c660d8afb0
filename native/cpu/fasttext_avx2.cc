#include <immintrin.h>

#include "fasttext_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
  using Vector = __m256;
  static constexpr std::size_t kWide = 8;

  static Vector fill(float x) { return _mm256_set1_ps(x); }
  static Vector load(const float* p) { return _mm256_loadu_ps(p); }
  static void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
  static Vector plus(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  static Vector minus(Vector a, Vector b) { return _mm256_sub_ps(a, b); }
  static Vector times(Vector a, Vector b) { return _mm256_mul_ps(a, b); }
  static Vector larger(Vector a, Vector b) { return _mm256_max_ps(a, b); }
  static Vector power(Vector shifted) {
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(shifted), 23),
                                                _mm256_set1_epi32(0x3f800000)));
  }
};

}  // namespace

SVP_FASTTEXT_KERNELS(avx2, Lanes, Lanes)

}  // namespace svp::cpu

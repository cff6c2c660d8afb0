// 6 × 16 tile: 12 accumulators, two registers of B, one broadcast of A; twelve fused multiply-adds for eight loads.
#include <immintrin.h>

#include "product.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kRows = 6;
constexpr std::size_t kColumns = 16;

struct Tile {
  __m256 c[kRows][2];
};

inline void multiply(std::size_t k, const float* a, const float* b, Tile& t) {
  for (std::size_t i = 0; i < k; i++, a += kRows, b += kColumns) {
    const __m256 b0 = _mm256_load_ps(b);
    const __m256 b1 = _mm256_load_ps(b + 8);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      const __m256 x = _mm256_broadcast_ss(a + r);
      t.c[r][0] = _mm256_fmadd_ps(x, b0, t.c[r][0]);
      t.c[r][1] = _mm256_fmadd_ps(x, b1, t.c[r][1]);
    }
  }
}

}  // namespace

void product_store_avx2(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels,
                        float* c, std::size_t c_row, std::size_t c_panel, bool accumulate) {
  for (std::size_t p = 0; p < panels; p++, b += b_stride, c += c_panel) {
    Tile t;
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      t.c[r][0] = accumulate ? _mm256_loadu_ps(c + r * c_row) : _mm256_setzero_ps();
      t.c[r][1] = accumulate ? _mm256_loadu_ps(c + r * c_row + 8) : _mm256_setzero_ps();
    }
    multiply(k, a, b, t);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      _mm256_storeu_ps(c + r * c_row, t.c[r][0]);
      _mm256_storeu_ps(c + r * c_row + 8, t.c[r][1]);
    }
  }
}

std::size_t product_filter_avx2(std::size_t k, const float* a, const float* b, std::size_t b_stride,
                                std::size_t panels, const float* row_threshold, const float* column_threshold,
                                const float* partial, ProductHit* hits) {
  std::size_t count = 0;
  for (std::size_t p = 0; p < panels; p++, b += b_stride, column_threshold += kColumns) {
    Tile t;
    const __m256 g0 = _mm256_load_ps(column_threshold);
    const __m256 g1 = _mm256_load_ps(column_threshold + 8);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      const __m256 h = _mm256_broadcast_ss(row_threshold + r);
      t.c[r][0] = partial ? _mm256_loadu_ps(partial + r * kColumns) : _mm256_setzero_ps();
      t.c[r][1] = partial ? _mm256_loadu_ps(partial + r * kColumns + 8) : _mm256_setzero_ps();
      t.c[r][0] = _mm256_sub_ps(t.c[r][0], _mm256_add_ps(h, g0));
      t.c[r][1] = _mm256_sub_ps(t.c[r][1], _mm256_add_ps(h, g1));
    }
    if (partial) partial += kRows * kColumns;
    multiply(k, a, b, t);
    // Sign bits: all set means that no pair of the tile survived.
    __m256 all = _mm256_and_ps(t.c[0][0], t.c[0][1]);
#pragma GCC unroll 5
    for (std::size_t r = 1; r < kRows; r++) all = _mm256_and_ps(all, _mm256_and_ps(t.c[r][0], t.c[r][1]));
    if (_mm256_movemask_ps(all) == 0xff) continue;
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      const unsigned negative = static_cast<unsigned>(_mm256_movemask_ps(t.c[r][0])) |
                                static_cast<unsigned>(_mm256_movemask_ps(t.c[r][1])) << 8;
      hits[count] = {static_cast<std::uint32_t>(p), static_cast<std::uint16_t>(r), 0, negative ^ 0xffffu};
      count += negative != 0xffffu;
    }
  }
  return count;
}

// 4 × 8 tile: eight accumulators, two registers of axes, one broadcast of a row.
void product_project_avx2(const double* x, const double* axes, std::size_t d, std::size_t columns, double* out) {
  for (std::size_t j = 0; j < columns; j += 8, axes += 8 * d) {
    __m256d sum[4][2];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; r++) sum[r][0] = sum[r][1] = _mm256_setzero_pd();
    for (std::size_t k = 0; k < d; k++) {
      const __m256d q0 = _mm256_loadu_pd(axes + 8 * k);
      const __m256d q1 = _mm256_loadu_pd(axes + 8 * k + 4);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; r++) {
        const __m256d v = _mm256_broadcast_sd(x + 4 * k + r);
        sum[r][0] = _mm256_fmadd_pd(v, q0, sum[r][0]);
        sum[r][1] = _mm256_fmadd_pd(v, q1, sum[r][1]);
      }
    }
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; r++) {
      _mm256_storeu_pd(out + r * columns + j, sum[r][0]);
      _mm256_storeu_pd(out + r * columns + j + 4, sum[r][1]);
    }
  }
}

float product_dot_avx2(const float* x, const float* y, std::size_t p) {
  __m256 s0 = _mm256_setzero_ps();
  __m256 s1 = _mm256_setzero_ps();
  std::size_t k = 0;
  for (; k + 16 <= p; k += 16) {
    s0 = _mm256_fmadd_ps(_mm256_loadu_ps(x + k), _mm256_loadu_ps(y + k), s0);
    s1 = _mm256_fmadd_ps(_mm256_loadu_ps(x + k + 8), _mm256_loadu_ps(y + k + 8), s1);
  }
  if (k < p) s0 = _mm256_fmadd_ps(_mm256_loadu_ps(x + k), _mm256_loadu_ps(y + k), s0);
  s0 = _mm256_add_ps(s0, s1);
  __m128 v = _mm_add_ps(_mm256_castps256_ps128(s0), _mm256_extractf128_ps(s0, 1));
  v = _mm_add_ps(v, _mm_movehl_ps(v, v));
  return _mm_cvtss_f32(_mm_add_ss(v, _mm_shuffle_ps(v, v, 1)));
}

}  // namespace svp::cpu

// 12 × 32 tile: 24 accumulators, two registers of B; A is broadcast from memory inside the multiply-add.
#include <immintrin.h>

#include "product.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kRows = 12;
constexpr std::size_t kColumns = 32;

struct Tile {
  __m512 c[kRows][2];
};

inline void multiply(std::size_t k, const float* a, const float* b, Tile& t) {
  for (std::size_t i = 0; i < k; i++, a += kRows, b += kColumns) {
    const __m512 b0 = _mm512_load_ps(b);
    const __m512 b1 = _mm512_load_ps(b + 16);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; r++) {
      const __m512 x = _mm512_set1_ps(a[r]);
      t.c[r][0] = _mm512_fmadd_ps(x, b0, t.c[r][0]);
      t.c[r][1] = _mm512_fmadd_ps(x, b1, t.c[r][1]);
    }
  }
}

// One bit for each lane whose sign bit is set.
inline unsigned signs(__m512 x) { return _mm512_movepi32_mask(_mm512_castps_si512(x)); }

}  // namespace

void product_store_avx512(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels,
                          float* c, std::size_t c_row, std::size_t c_panel, bool accumulate) {
  for (std::size_t p = 0; p < panels; p++, b += b_stride, c += c_panel) {
    Tile t;
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; r++) {
      t.c[r][0] = accumulate ? _mm512_loadu_ps(c + r * c_row) : _mm512_setzero_ps();
      t.c[r][1] = accumulate ? _mm512_loadu_ps(c + r * c_row + 16) : _mm512_setzero_ps();
    }
    multiply(k, a, b, t);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; r++) {
      _mm512_storeu_ps(c + r * c_row, t.c[r][0]);
      _mm512_storeu_ps(c + r * c_row + 16, t.c[r][1]);
    }
  }
}

std::size_t product_filter_avx512(std::size_t k, const float* a, const float* b, std::size_t b_stride,
                                  std::size_t panels, const float* row_threshold, const float* column_threshold,
                                  const float* partial, ProductHit* hits) {
  std::size_t count = 0;
  for (std::size_t p = 0; p < panels; p++, b += b_stride, column_threshold += kColumns) {
    Tile t;
    const __m512 g0 = _mm512_load_ps(column_threshold);
    const __m512 g1 = _mm512_load_ps(column_threshold + 16);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; r++) {
      const __m512 h = _mm512_set1_ps(row_threshold[r]);
      t.c[r][0] = partial ? _mm512_loadu_ps(partial + r * kColumns) : _mm512_setzero_ps();
      t.c[r][1] = partial ? _mm512_loadu_ps(partial + r * kColumns + 16) : _mm512_setzero_ps();
      t.c[r][0] = _mm512_sub_ps(t.c[r][0], _mm512_add_ps(h, g0));
      t.c[r][1] = _mm512_sub_ps(t.c[r][1], _mm512_add_ps(h, g1));
    }
    if (partial) partial += kRows * kColumns;
    multiply(k, a, b, t);
    // Sign bits: all set means that no pair of the tile survived.
    __m512 all = _mm512_and_ps(t.c[0][0], t.c[0][1]);
#pragma GCC unroll 11
    for (std::size_t r = 1; r < kRows; r++) all = _mm512_and_ps(all, _mm512_and_ps(t.c[r][0], t.c[r][1]));
    if (signs(all) == 0xffffu) continue;
#pragma GCC unroll 12
    for (std::size_t r = 0; r < kRows; r++) {
      const unsigned negative = signs(t.c[r][0]) | signs(t.c[r][1]) << 16;
      hits[count] = {static_cast<std::uint32_t>(p), static_cast<std::uint16_t>(r), 0, ~negative};
      count += negative != 0xffffffffu;
    }
  }
  return count;
}

// 4 rows × 16 columns; the last eight columns of an odd number of panels go twice into the same place.
void product_project_avx512(const double* x, const double* axes, std::size_t d, std::size_t columns, double* out) {
  for (std::size_t j = 0; j < columns; j += 16, axes += 16 * d) {
    const std::size_t next = j + 8 < columns ? 8 : 0;
    const double* other = axes + next * d;
    __m512d sum[4][2];
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; r++) sum[r][0] = sum[r][1] = _mm512_setzero_pd();
    for (std::size_t k = 0; k < d; k++) {
      const __m512d q0 = _mm512_loadu_pd(axes + 8 * k);
      const __m512d q1 = _mm512_loadu_pd(other + 8 * k);
#pragma GCC unroll 4
      for (std::size_t r = 0; r < 4; r++) {
        const __m512d v = _mm512_set1_pd(x[4 * k + r]);
        sum[r][0] = _mm512_fmadd_pd(v, q0, sum[r][0]);
        sum[r][1] = _mm512_fmadd_pd(v, q1, sum[r][1]);
      }
    }
#pragma GCC unroll 4
    for (std::size_t r = 0; r < 4; r++) {
      _mm512_storeu_pd(out + r * columns + j, sum[r][0]);
      _mm512_storeu_pd(out + r * columns + j + next, sum[r][1]);
    }
  }
}

float product_dot_avx512(const float* x, const float* y, std::size_t p) {
  __m512 s = _mm512_setzero_ps();
  std::size_t k = 0;
  for (; k + 16 <= p; k += 16) s = _mm512_fmadd_ps(_mm512_loadu_ps(x + k), _mm512_loadu_ps(y + k), s);
  if (k < p) {
    s = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(0xff, x + k), _mm512_maskz_loadu_ps(0xff, y + k), s);
  }
  return _mm512_reduce_add_ps(s);
}

}  // namespace svp::cpu

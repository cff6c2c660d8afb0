// 6 × 16 tile: 24 accumulators of four lanes, four registers of B; A comes in as lanes of a multiply-add.
#include <arm_neon.h>

#include "product.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kRows = 6;
constexpr std::size_t kColumns = 16;

struct Tile {
  float32x4_t c[kRows][4];
};

inline void multiply(std::size_t k, const float* a, const float* b, Tile& t) {
  for (std::size_t i = 0; i < k; i++, a += kRows, b += kColumns) {
    float32x4_t columns[4];
#pragma GCC unroll 4
    for (std::size_t q = 0; q < 4; q++) columns[q] = vld1q_f32(b + 4 * q);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      const float32x4_t x = vdupq_n_f32(a[r]);
#pragma GCC unroll 4
      for (std::size_t q = 0; q < 4; q++) t.c[r][q] = vfmaq_f32(t.c[r][q], x, columns[q]);
    }
  }
}

}  // namespace

void product_store_neon(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels,
                        float* c, std::size_t c_row, std::size_t c_panel, bool accumulate) {
  for (std::size_t p = 0; p < panels; p++, b += b_stride, c += c_panel) {
    Tile t;
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
#pragma GCC unroll 4
      for (std::size_t q = 0; q < 4; q++) t.c[r][q] = accumulate ? vld1q_f32(c + r * c_row + 4 * q) : vdupq_n_f32(0);
    }
    multiply(k, a, b, t);
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
#pragma GCC unroll 4
      for (std::size_t q = 0; q < 4; q++) vst1q_f32(c + r * c_row + 4 * q, t.c[r][q]);
    }
  }
}

std::size_t product_filter_neon(std::size_t k, const float* a, const float* b, std::size_t b_stride,
                                std::size_t panels, const float* row_threshold, const float* column_threshold,
                                const float* partial, ProductHit* hits) {
  const uint32x4_t weights = {1, 2, 4, 8};
  std::size_t count = 0;
  for (std::size_t p = 0; p < panels; p++, b += b_stride, column_threshold += kColumns) {
    Tile t;
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
      const float32x4_t h = vdupq_n_f32(row_threshold[r]);
#pragma GCC unroll 4
      for (std::size_t q = 0; q < 4; q++) {
        const float32x4_t start = partial ? vld1q_f32(partial + r * kColumns + 4 * q) : vdupq_n_f32(0);
        t.c[r][q] = vsubq_f32(start, vaddq_f32(h, vld1q_f32(column_threshold + 4 * q)));
      }
    }
    if (partial) partial += kRows * kColumns;
    multiply(k, a, b, t);
    float32x4_t most = t.c[0][0];
#pragma GCC unroll 6
    for (std::size_t r = 0; r < kRows; r++) {
#pragma GCC unroll 4
      for (std::size_t q = 0; q < 4; q++) most = vmaxq_f32(most, t.c[r][q]);
    }
    if (vmaxvq_f32(most) < 0) continue;
    for (std::size_t r = 0; r < kRows; r++) {
      std::uint32_t mask = 0;
      for (std::size_t q = 0; q < 4; q++) {
        mask |= vaddvq_u32(vandq_u32(vcgezq_f32(t.c[r][q]), weights)) << (4 * q);
      }
      hits[count] = {static_cast<std::uint32_t>(p), static_cast<std::uint16_t>(r), 0, mask};
      count += mask != 0;
    }
  }
  return count;
}

// 4 × 8 tile: 16 accumulators of two.
void product_project_neon(const double* x, const double* axes, std::size_t d, std::size_t columns, double* out) {
  for (std::size_t j = 0; j < columns; j += 8, axes += 8 * d) {
    float64x2_t sum[4][4];
    for (std::size_t r = 0; r < 4; r++) {
      for (std::size_t z = 0; z < 4; z++) sum[r][z] = vdupq_n_f64(0);
    }
    for (std::size_t k = 0; k < d; k++) {
      float64x2_t q[4];
      for (std::size_t z = 0; z < 4; z++) q[z] = vld1q_f64(axes + 8 * k + 2 * z);
      for (std::size_t r = 0; r < 4; r++) {
        const float64x2_t v = vdupq_n_f64(x[4 * k + r]);
        for (std::size_t z = 0; z < 4; z++) sum[r][z] = vfmaq_f64(sum[r][z], v, q[z]);
      }
    }
    for (std::size_t r = 0; r < 4; r++) {
      for (std::size_t z = 0; z < 4; z++) vst1q_f64(out + r * columns + j + 2 * z, sum[r][z]);
    }
  }
}

float product_dot_neon(const float* x, const float* y, std::size_t p) {
  float32x4_t s0 = vdupq_n_f32(0);
  float32x4_t s1 = vdupq_n_f32(0);
  for (std::size_t k = 0; k < p; k += 8) {
    s0 = vfmaq_f32(s0, vld1q_f32(x + k), vld1q_f32(y + k));
    s1 = vfmaq_f32(s1, vld1q_f32(x + k + 4), vld1q_f32(y + k + 4));
  }
  return vaddvq_f32(vaddq_f32(s0, s1));
}

}  // namespace svp::cpu

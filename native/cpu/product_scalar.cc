// 4 × 16 tile in plain C++. The inner loop over columns is left to the compiler's vectoriser (SSE2 on x86-64).
#include "product.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kRows = 4;
constexpr std::size_t kColumns = 16;

inline void multiply(std::size_t k, const float* a, const float* b, float (&c)[kRows][kColumns]) {
  for (std::size_t i = 0; i < k; i++, a += kRows, b += kColumns) {
    for (std::size_t r = 0; r < kRows; r++) {
      for (std::size_t j = 0; j < kColumns; j++) c[r][j] += a[r] * b[j];
    }
  }
}

}  // namespace

void product_store_scalar(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels,
                          float* c, std::size_t c_row, std::size_t c_panel, bool accumulate) {
  for (std::size_t p = 0; p < panels; p++, b += b_stride, c += c_panel) {
    float t[kRows][kColumns];
    for (std::size_t r = 0; r < kRows; r++) {
      for (std::size_t j = 0; j < kColumns; j++) t[r][j] = accumulate ? c[r * c_row + j] : 0.0f;
    }
    multiply(k, a, b, t);
    for (std::size_t r = 0; r < kRows; r++) {
      for (std::size_t j = 0; j < kColumns; j++) c[r * c_row + j] = t[r][j];
    }
  }
}

std::size_t product_filter_scalar(std::size_t k, const float* a, const float* b, std::size_t b_stride,
                                  std::size_t panels, const float* row_threshold, const float* column_threshold,
                                  const float* partial, ProductHit* hits) {
  std::size_t count = 0;
  for (std::size_t p = 0; p < panels; p++, b += b_stride, column_threshold += kColumns) {
    float t[kRows][kColumns];
    for (std::size_t r = 0; r < kRows; r++) {
      for (std::size_t j = 0; j < kColumns; j++) {
        t[r][j] = (partial ? partial[r * kColumns + j] : 0.0f) - (row_threshold[r] + column_threshold[j]);
      }
    }
    if (partial) partial += kRows * kColumns;
    multiply(k, a, b, t);
    for (std::size_t r = 0; r < kRows; r++) {
      std::uint32_t mask = 0;
      for (std::size_t j = 0; j < kColumns; j++) mask |= static_cast<std::uint32_t>(!(t[r][j] < 0)) << j;
      hits[count] = {static_cast<std::uint32_t>(p), static_cast<std::uint16_t>(r), 0, mask};
      count += mask != 0;
    }
  }
  return count;
}

void product_project_scalar(const double* x, const double* axes, std::size_t d, std::size_t columns, double* out) {
  for (std::size_t j = 0; j < columns; j += 8, axes += 8 * d) {
    double sum[4][8] = {};
    for (std::size_t k = 0; k < d; k++) {
      for (std::size_t r = 0; r < 4; r++) {
        for (std::size_t z = 0; z < 8; z++) sum[r][z] += x[4 * k + r] * axes[8 * k + z];
      }
    }
    for (std::size_t r = 0; r < 4; r++) {
      for (std::size_t z = 0; z < 8; z++) out[r * columns + j + z] = sum[r][z];
    }
  }
}

float product_dot_scalar(const float* x, const float* y, std::size_t p) {
  float sum[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (std::size_t k = 0; k < p; k += 8) {
    for (std::size_t j = 0; j < 8; j++) sum[j] += x[k + j] * y[k + j];
  }
  return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

}  // namespace svp::cpu

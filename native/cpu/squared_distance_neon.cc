// Accumulators 0–1, 2–3, 4–5, 6–7 in four registers. vmulq + vaddq, never vfmaq: a fused one would round once less.
#include <arm_neon.h>

#include "squared_distance_kernels.h"

namespace svp::cpu {

namespace {

struct Sums {
  float64x2_t a01 = vdupq_n_f64(0), a23 = vdupq_n_f64(0), a45 = vdupq_n_f64(0), a67 = vdupq_n_f64(0);

  double combine() const {
    const float64x2_t s01 = vaddq_f64(a01, a45);
    const float64x2_t s23 = vaddq_f64(a23, a67);
    const float64x2_t two = vaddq_f64(s01, s23);
    return vgetq_lane_f64(two, 0) + vgetq_lane_f64(two, 1);
  }
};

float64x2_t add_square(float64x2_t sum, float64x2_t x, float64x2_t y) {
  const float64x2_t difference = vsubq_f64(x, y);
  return vaddq_f64(sum, vmulq_f64(difference, difference));
}

void add_eight(Sums& s, const float* x, const float* y) {
  const float32x4_t x0 = vld1q_f32(x), x1 = vld1q_f32(x + 4);
  const float32x4_t y0 = vld1q_f32(y), y1 = vld1q_f32(y + 4);
  s.a01 = add_square(s.a01, vcvt_f64_f32(vget_low_f32(x0)), vcvt_f64_f32(vget_low_f32(y0)));
  s.a23 = add_square(s.a23, vcvt_high_f64_f32(x0), vcvt_high_f64_f32(y0));
  s.a45 = add_square(s.a45, vcvt_f64_f32(vget_low_f32(x1)), vcvt_f64_f32(vget_low_f32(y1)));
  s.a67 = add_square(s.a67, vcvt_high_f64_f32(x1), vcvt_high_f64_f32(y1));
}

}  // namespace

double squared_distance_neon(const float* x, const float* y, std::size_t d) {
  Sums s;
  std::size_t k = 0;
  for (; k + 8 <= d; k += 8) add_eight(s, x + k, y + k);
  if (k < d) {
    // Lanes past the end hold 0 in both rows and add +0, which changes nothing.
    float tail_x[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    float tail_y[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    for (std::size_t l = 0; k + l < d; l++) {
      tail_x[l] = x[k + l];
      tail_y[l] = y[k + l];
    }
    add_eight(s, tail_x, tail_y);
  }
  return s.combine();
}

void squared_distance_1x4_neon(const double* x, const double* const y[4], std::size_t padded, double out[4]) {
  Sums s[4];
  for (std::size_t k = 0; k < padded; k += 8) {
    const float64x2_t x01 = vld1q_f64(x + k), x23 = vld1q_f64(x + k + 2);
    const float64x2_t x45 = vld1q_f64(x + k + 4), x67 = vld1q_f64(x + k + 6);
    for (int j = 0; j < 4; j++) {
      s[j].a01 = add_square(s[j].a01, x01, vld1q_f64(y[j] + k));
      s[j].a23 = add_square(s[j].a23, x23, vld1q_f64(y[j] + k + 2));
      s[j].a45 = add_square(s[j].a45, x45, vld1q_f64(y[j] + k + 4));
      s[j].a67 = add_square(s[j].a67, x67, vld1q_f64(y[j] + k + 6));
    }
  }
  for (int j = 0; j < 4; j++) out[j] = s[j].combine();
}

}  // namespace svp::cpu

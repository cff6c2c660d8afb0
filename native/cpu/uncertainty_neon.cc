#include <arm_neon.h>

#include "uncertainty_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
  struct Singles { float32x4_t low, high; };
  struct Doubles { float64x2_t v[4]; };
  using Nans = uint32x4_t;

  static Singles load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static Singles load_some(const float* p, std::size_t count) {
    float lanes[8];
    for (std::size_t l = 0; l < 8; l++) lanes[l] = l < count ? p[l] : -__builtin_inff();
    return load(lanes);
  }
  static Singles fill(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
  static Singles larger(Singles a, Singles b) { return {vmaxq_f32(a.low, b.low), vmaxq_f32(a.high, b.high)}; }
  static Singles smaller(Singles a, Singles b) { return {vminq_f32(a.low, b.low), vminq_f32(a.high, b.high)}; }
  static void store(float* p, Singles a) {
    vst1q_f32(p, a.low);
    vst1q_f32(p + 4, a.high);
  }

  static Nans no_nans() { return vdupq_n_u32(0); }
  static Nans note_nans(Nans seen, Singles a) {
    return vorrq_u32(seen, vmvnq_u32(vandq_u32(vceqq_f32(a.low, a.low), vceqq_f32(a.high, a.high))));
  }
  static bool any(Nans seen) { return vmaxvq_u32(seen) != 0; }

  template <typename Of>
  static Doubles each(Of of) {
    Doubles out;
    for (int i = 0; i < 4; i++) out.v[i] = of(i);
    return out;
  }
  static Doubles widen(Singles a) {
    return {{vcvt_f64_f32(vget_low_f32(a.low)), vcvt_high_f64_f32(a.low), vcvt_f64_f32(vget_low_f32(a.high)),
             vcvt_high_f64_f32(a.high)}};
  }
  static Doubles fill_double(double x) { return each([&](int) { return vdupq_n_f64(x); }); }
  static Doubles plus(Doubles a, Doubles b) { return each([&](int i) { return vaddq_f64(a.v[i], b.v[i]); }); }
  static Doubles minus(Doubles a, Doubles b) { return each([&](int i) { return vsubq_f64(a.v[i], b.v[i]); }); }
  static Doubles times(Doubles a, Doubles b) { return each([&](int i) { return vmulq_f64(a.v[i], b.v[i]); }); }
  static Doubles larger_double(Doubles a, Doubles b) { return each([&](int i) { return vmaxq_f64(a.v[i], b.v[i]); }); }
  static Doubles at_power(Doubles p, Doubles shifted) {
    return each([&](int i) {
      return vreinterpretq_f64_u64(
          vaddq_u64(vreinterpretq_u64_f64(p.v[i]), vshlq_n_u64(vreinterpretq_u64_f64(shifted.v[i]), 52)));
    });
  }
  static Doubles where_negative(Doubles x, Doubles v) {
    return each([&](int i) {
      return vreinterpretq_f64_u64(vandq_u64(vreinterpretq_u64_f64(v.v[i]), vcltzq_f64(x.v[i])));
    });
  }
  static void store_double(double* p, Doubles a) {
    for (int i = 0; i < 4; i++) vst1q_f64(p + 2 * i, a.v[i]);
  }
};

}  // namespace

UncertaintySums uncertainty_row_neon(const float* row, std::size_t columns) {
  return uncertainty_row_in<Lanes>(row, columns);
}

}  // namespace svp::cpu

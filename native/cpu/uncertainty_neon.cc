#include <arm_neon.h>

#include "cpu/uncertainty_kernels.h"

namespace svp::cpu {

namespace {

struct Lanes {
  using Long = Lanes;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kStep = 32;
  struct Singles { float32x4_t low, high; };
  struct Doubles { float64x2_t v[4]; };
  using Nans = uint32x4_t;

  static Singles load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static Singles load_some(const float* p, std::size_t count, float rest) {
    float lanes[8];
    for (std::size_t l = 0; l < 8; l++) lanes[l] = l < count ? p[l] : rest;
    return load(lanes);
  }
  static Singles fill(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
  static Singles larger(Singles a, Singles b) { return {vmaxq_f32(a.low, b.low), vmaxq_f32(a.high, b.high)}; }
  static Singles smaller(Singles a, Singles b) { return {vminq_f32(a.low, b.low), vminq_f32(a.high, b.high)}; }
  static void store(float* p, Singles a) {
    vst1q_f32(p, a.low);
    vst1q_f32(p + 4, a.high);
  }
  static Singles fold_larger(Singles a) { return a; }
  static Singles fold_smaller(Singles a) { return a; }
  static float largest_of(Singles a) { return vmaxvq_f32(vmaxq_f32(a.low, a.high)); }
  static float smallest_of(Singles a) { return vminvq_f32(vminq_f32(a.low, a.high)); }
  static std::size_t first_lane(Singles a, float x) {
    float lanes[8];
    store(lanes, a);
    std::size_t lane = 0;
    while (lane < 7 && lanes[lane] != x) lane++;
    return lane;
  }
  static Singles where_lane(std::size_t lane, Singles a, Singles b) {
    float from[8], lanes[8];
    store(from, a);
    store(lanes, b);
    lanes[lane] = from[lane];
    return load(lanes);
  }
  template <typename T>
  static void in_memory(T&) {}
  static double combine(Doubles a) {
    const float64x2_t b = vaddq_f64(vaddq_f64(a.v[0], a.v[2]), vaddq_f64(a.v[1], a.v[3]));
    return vgetq_lane_f64(b, 0) + vgetq_lane_f64(b, 1);
  }
  static Singles minus_single(Singles a, Singles b) { return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)}; }
  static Singles fused(Singles a, Singles b, Singles c) {
    return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)};
  }
  static Singles fused_minus(Singles a, Singles b, Singles c) {
    return fused(a, b, {vnegq_f32(c.low), vnegq_f32(c.high)});
  }
  static float32x4_t at_power_half(float32x4_t p, float32x4_t t) {
    return vreinterpretq_f32_u32(vaddq_u32(vreinterpretq_u32_f32(p), vshlq_n_u32(vreinterpretq_u32_f32(t), 23)));
  }
  static Singles at_power_single(Singles p, Singles t) {
    return {at_power_half(p.low, t.low), at_power_half(p.high, t.high)};
  }
  static Singles where_greater(Singles a, Singles b, Singles x, Singles y) {
    return {vbslq_f32(vcgtq_f32(a.low, b.low), x.low, y.low), vbslq_f32(vcgtq_f32(a.high, b.high), x.high, y.high)};
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
  static Doubles load_widened(const float* p) { return widen(load(p)); }
  static Singles narrow(Doubles a) {
    return {vcvt_high_f32_f64(vcvt_f32_f64(a.v[0]), a.v[1]), vcvt_high_f32_f64(vcvt_f32_f64(a.v[2]), a.v[3])};
  }
  static Doubles load_double(const double* p) {
    return each([&](int i) { return vld1q_f64(p + 2 * i); });
  }
  static Doubles fill_double(double x) { return each([&](int) { return vdupq_n_f64(x); }); }
  static Doubles plus(Doubles a, Doubles b) { return each([&](int i) { return vaddq_f64(a.v[i], b.v[i]); }); }
  static Doubles minus(Doubles a, Doubles b) { return each([&](int i) { return vsubq_f64(a.v[i], b.v[i]); }); }
  static Doubles times(Doubles a, Doubles b) { return each([&](int i) { return vmulq_f64(a.v[i], b.v[i]); }); }
  static Doubles over(Doubles a, Doubles b) { return each([&](int i) { return vdivq_f64(a.v[i], b.v[i]); }); }
  static Doubles fused_double(Doubles a, Doubles b, Doubles c) {
    return each([&](int i) { return vfmaq_f64(c.v[i], a.v[i], b.v[i]); });
  }
  static Doubles larger_double(Doubles a, Doubles b) { return each([&](int i) { return vmaxq_f64(a.v[i], b.v[i]); }); }
  static Doubles at_power(Doubles p, Doubles shifted) {
    return each([&](int i) {
      return vreinterpretq_f64_u64(
          vaddq_u64(vreinterpretq_u64_f64(p.v[i]), vshlq_n_u64(vreinterpretq_u64_f64(shifted.v[i]), 52)));
    });
  }
  static Doubles split(Doubles x, Doubles& g) {
    return each([&](int i) {
      const uint64x2_t u = vaddq_u64(
          vreinterpretq_u64_f64(x.v[i]), vdupq_n_u64(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
      const uint64x2_t fraction = vandq_u64(u, vdupq_n_u64(0x000fffffffffffff));
      g.v[i] = vreinterpretq_f64_u64(vaddq_u64(fraction, vdupq_n_u64(0x3fe6a09e667f3bcd)));
      // The exponent in the low bits of 2^52.
      const uint64x2_t k = vorrq_u64(vshrq_n_u64(u, 52), vdupq_n_u64(0x4330000000000000));
      return vsubq_f64(vreinterpretq_f64_u64(k), vdupq_n_f64(0x1p52 + 1023));
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

  static void widen_half(const std::uint16_t* from, std::size_t count, float* to) {
    std::size_t k = 0;
    for (; k + 4 <= count; k += 4) vst1q_f32(to + k, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from + k))));
    for (; k < count; k++) {
      const float16x4_t half = vreinterpret_f16_u16(vdup_n_u16(from[k]));
      to[k] = vgetq_lane_f32(vcvt_f32_f16(half), 0);
    }
  }
};

}  // namespace

const UncertaintyKernel& uncertainty_kernel_neon() {
  static constexpr UncertaintyKernel kernel = make_uncertainty_kernel<Lanes>();
  return kernel;
}

}  // namespace svp::cpu

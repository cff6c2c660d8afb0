#include <arm_neon.h>

#include "fasttext_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
  struct Vector { float32x4_t low, high; };
  static constexpr std::size_t kWide = 8;

  static Vector fill(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
  static Vector load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static void store(float* p, Vector a) {
    vst1q_f32(p, a.low);
    vst1q_f32(p + 4, a.high);
  }
  static Vector plus(Vector a, Vector b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
  static Vector minus(Vector a, Vector b) { return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)}; }
  static Vector times(Vector a, Vector b) { return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
  static Vector larger(Vector a, Vector b) { return {vmaxq_f32(a.low, b.low), vmaxq_f32(a.high, b.high)}; }
  static float32x4_t power_half(float32x4_t shifted) {
    return vreinterpretq_f32_u32(
        vaddq_u32(vshlq_n_u32(vreinterpretq_u32_f32(shifted), 23), vdupq_n_u32(0x3f800000u)));
  }
  static Vector power(Vector shifted) { return {power_half(shifted.low), power_half(shifted.high)}; }
};

}  // namespace

SVP_FASTTEXT_KERNELS(neon, Lanes, Lanes)

}  // namespace svp::cpu

// Eight float32 lanes in two registers of NEON.
#pragma once

#include <arm_neon.h>

#include <cstddef>

namespace svp::cpu {
namespace {

struct Lanes {
  static constexpr std::size_t kCount = 8;
  struct V {
    float32x4_t a, b;
  };
  static V zero() { return {vdupq_n_f32(0), vdupq_n_f32(0)}; }
  static V all(const float* p) { return {vld1q_dup_f32(p), vld1q_dup_f32(p)}; }
  static V load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
  static void store(float* p, const V& x) {
    vst1q_f32(p, x.a);
    vst1q_f32(p + 4, x.b);
  }
  // The first `count` lanes, 1 to kCount; the others are zeros, and their memory is not touched.
  static V load_first(const float* p, std::size_t count) {
    float row[kCount] = {};
    for (std::size_t i = 0; i < count; i++) row[i] = p[i];
    return load(row);
  }
  static void store_first(float* p, const V& a, std::size_t count) {
    float row[kCount];
    store(row, a);
    for (std::size_t i = 0; i < count; i++) p[i] = row[i];
  }
  static V add(const V& x, const V& y) { return {vaddq_f32(x.a, y.a), vaddq_f32(x.b, y.b)}; }
  static V sub(const V& x, const V& y) { return {vsubq_f32(x.a, y.a), vsubq_f32(x.b, y.b)}; }
  static V mul(const V& x, const V& y) { return {vmulq_f32(x.a, y.a), vmulq_f32(x.b, y.b)}; }
  static V fma(const V& x, const V& y, const V& z) { return {vfmaq_f32(z.a, x.a, y.a), vfmaq_f32(z.b, x.b, y.b)}; }
  static V positive(const V& x) { return where_positive(x, x); }
  static V where_positive(const V& x, const V& y) {
    return {vreinterpretq_f32_u32(vandq_u32(vcgtq_f32(x.a, vdupq_n_f32(0)), vreinterpretq_u32_f32(y.a))),
            vreinterpretq_f32_u32(vandq_u32(vcgtq_f32(x.b, vdupq_n_f32(0)), vreinterpretq_u32_f32(y.b)))};
  }
};

}  // namespace
}  // namespace svp::cpu

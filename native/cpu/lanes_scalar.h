// Float32 lanes in plain C++: what a processor without kernels of its own runs, and what the others are tested against.
// Included by kernel files only, each of which gets a copy of its own (anonymous namespace).
#pragma once

#include <cstddef>

namespace svp::cpu {
namespace {

struct Lanes {
  static constexpr std::size_t kCount = 8;
  struct V {
    float v[kCount];
  };
  template <typename F>
  static V each(F f) {
    V r;
    for (std::size_t i = 0; i < kCount; i++) r.v[i] = f(i);
    return r;
  }
  static V zero() { return each([](std::size_t) { return 0.0f; }); }
  static V all(const float* p) { return each([p](std::size_t) { return *p; }); }
  static V load(const float* p) { return each([p](std::size_t i) { return p[i]; }); }
  static void store(float* p, const V& a) {
    for (std::size_t i = 0; i < kCount; i++) p[i] = a.v[i];
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
  static V add(const V& a, const V& b) { return each([&](std::size_t i) { return a.v[i] + b.v[i]; }); }
  static V sub(const V& a, const V& b) { return each([&](std::size_t i) { return a.v[i] - b.v[i]; }); }
  static V mul(const V& a, const V& b) { return each([&](std::size_t i) { return a.v[i] * b.v[i]; }); }
  // a·b + c; rounded twice here, once where the processor has the instruction.
  static V fma(const V& a, const V& b, const V& c) {
    return each([&](std::size_t i) { return a.v[i] * b.v[i] + c.v[i]; });
  }
  static V positive(const V& a) { return each([&](std::size_t i) { return a.v[i] > 0 ? a.v[i] : 0; }); }
  // b where a > 0, else 0.
  static V where_positive(const V& a, const V& b) { return each([&](std::size_t i) { return a.v[i] > 0 ? b.v[i] : 0; }); }
};

}  // namespace
}  // namespace svp::cpu

#include <cstring>

#include "fasttext_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
  struct Vector { float v[8]; };
  static constexpr std::size_t kWide = 8;

  template <typename Of>
  static Vector each(Of of) {
    Vector out;
    for (int i = 0; i < 8; i++) out.v[i] = of(i);
    return out;
  }
  static Vector fill(float x) { return each([&](int) { return x; }); }
  static Vector load(const float* p) { return each([&](int i) { return p[i]; }); }
  static void store(float* p, const Vector& a) {
    for (int i = 0; i < 8; i++) p[i] = a.v[i];
  }
  static Vector plus(const Vector& a, const Vector& b) { return each([&](int i) { return a.v[i] + b.v[i]; }); }
  static Vector minus(const Vector& a, const Vector& b) { return each([&](int i) { return a.v[i] - b.v[i]; }); }
  static Vector times(const Vector& a, const Vector& b) { return each([&](int i) { return a.v[i] * b.v[i]; }); }
  // As the vector instruction: the second where they cannot be compared.
  static Vector larger(const Vector& a, const Vector& b) {
    return each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static Vector power(const Vector& shifted) {
    return each([&](int i) {
      std::uint32_t bits;
      std::memcpy(&bits, &shifted.v[i], sizeof(bits));
      bits = (bits << 23) + 0x3f800000u;
      float out;
      std::memcpy(&out, &bits, sizeof(out));
      return out;
    });
  }
};

}  // namespace

SVP_FASTTEXT_KERNELS(scalar, Lanes, Lanes)

}  // namespace svp::cpu

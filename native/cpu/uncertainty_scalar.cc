// Eight lanes as plain arrays: what the vector files must equal to the bit.
#include <cstdint>
#include <cstring>

#include "svp/half.h"
#include "cpu/uncertainty_kernels.h"

namespace svp::cpu {

namespace {

struct Lanes {
  using Long = Lanes;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kStep = 32;
  struct Singles { float v[8]; };
  struct Doubles { double v[8]; };
  using Nans = bool;

  template <typename T, typename Of>
  static T each(Of of) {
    T out;
    for (int l = 0; l < 8; l++) out.v[l] = of(l);
    return out;
  }

  static Singles load(const float* p) { return each<Singles>([&](int l) { return p[l]; }); }
  static Singles load_some(const float* p, std::size_t count, float rest) {
    return each<Singles>([&](int l) { return static_cast<std::size_t>(l) < count ? p[l] : rest; });
  }
  static Singles fill(float x) { return each<Singles>([&](int) { return x; }); }
  static Singles larger(const Singles& a, const Singles& b) {
    return each<Singles>([&](int l) { return a.v[l] > b.v[l] ? a.v[l] : b.v[l]; });
  }
  static Singles smaller(const Singles& a, const Singles& b) {
    return each<Singles>([&](int l) { return a.v[l] < b.v[l] ? a.v[l] : b.v[l]; });
  }
  static void store(float* p, const Singles& a) { std::memcpy(p, a.v, sizeof(a.v)); }
  static Singles fold_larger(const Singles& a) { return a; }
  static Singles fold_smaller(const Singles& a) { return a; }
  static float largest_of(const Singles& a) {
    float x = a.v[0];
    for (int l = 1; l < 8; l++) x = a.v[l] > x ? a.v[l] : x;
    return x;
  }
  static float smallest_of(const Singles& a) {
    float x = a.v[0];
    for (int l = 1; l < 8; l++) x = a.v[l] < x ? a.v[l] : x;
    return x;
  }
  static std::size_t first_lane(const Singles& a, float x) {
    std::size_t lane = 0;
    while (lane < 7 && a.v[lane] != x) lane++;
    return lane;
  }
  static Singles where_lane(std::size_t lane, const Singles& a, const Singles& b) {
    Singles out = b;
    out.v[lane] = a.v[lane];
    return out;
  }
  template <typename T>
  static void in_memory(T&) {}
  static double combine(const Doubles& a) { return combine_lanes(a.v); }
  static Singles minus_single(const Singles& a, const Singles& b) {
    return each<Singles>([&](int l) { return a.v[l] - b.v[l]; });
  }
  static Singles fused(const Singles& a, const Singles& b, const Singles& c) {
    return each<Singles>([&](int l) { return __builtin_fmaf(a.v[l], b.v[l], c.v[l]); });
  }
  static Singles fused_minus(const Singles& a, const Singles& b, const Singles& c) {
    return each<Singles>([&](int l) { return __builtin_fmaf(a.v[l], b.v[l], -c.v[l]); });
  }
  static Singles at_power_single(const Singles& p, const Singles& t) {
    return each<Singles>([&](int l) {
      std::uint32_t bits, power;
      std::memcpy(&bits, &p.v[l], sizeof(bits));
      std::memcpy(&power, &t.v[l], sizeof(power));
      bits += power << 23;
      float out;
      std::memcpy(&out, &bits, sizeof(out));
      return out;
    });
  }
  static Singles where_greater(const Singles& a, const Singles& b, const Singles& x, const Singles& y) {
    return each<Singles>([&](int l) { return a.v[l] > b.v[l] ? x.v[l] : y.v[l]; });
  }

  static Nans no_nans() { return false; }
  static Nans note_nans(Nans seen, const Singles& a) {
    for (int l = 0; l < 8; l++) seen |= a.v[l] != a.v[l];
    return seen;
  }
  static bool any(Nans seen) { return seen; }

  static Doubles widen(const Singles& a) { return each<Doubles>([&](int l) { return static_cast<double>(a.v[l]); }); }
  static Doubles load_widened(const float* p) { return widen(load(p)); }
  static Singles narrow(const Doubles& a) { return each<Singles>([&](int l) { return static_cast<float>(a.v[l]); }); }
  static Doubles load_double(const double* p) { return each<Doubles>([&](int l) { return p[l]; }); }
  static Doubles fill_double(double x) { return each<Doubles>([&](int) { return x; }); }
  static Doubles plus(const Doubles& a, const Doubles& b) {
    return each<Doubles>([&](int l) { return a.v[l] + b.v[l]; });
  }
  static Doubles minus(const Doubles& a, const Doubles& b) {
    return each<Doubles>([&](int l) { return a.v[l] - b.v[l]; });
  }
  static Doubles times(const Doubles& a, const Doubles& b) {
    return each<Doubles>([&](int l) { return a.v[l] * b.v[l]; });
  }
  static Doubles over(const Doubles& a, const Doubles& b) {
    return each<Doubles>([&](int l) { return a.v[l] / b.v[l]; });
  }
  static Doubles fused_double(const Doubles& a, const Doubles& b, const Doubles& c) {
    return each<Doubles>([&](int l) { return __builtin_fma(a.v[l], b.v[l], c.v[l]); });
  }
  static Doubles larger_double(const Doubles& a, const Doubles& b) {
    return each<Doubles>([&](int l) { return a.v[l] > b.v[l] ? a.v[l] : b.v[l]; });
  }
  static Doubles at_power(const Doubles& p, const Doubles& shifted) {
    return each<Doubles>([&](int l) {
      std::uint64_t bits, power;
      std::memcpy(&bits, &p.v[l], sizeof(bits));
      std::memcpy(&power, &shifted.v[l], sizeof(power));
      bits += power << 52;
      double out;
      std::memcpy(&out, &bits, sizeof(out));
      return out;
    });
  }
  static Doubles split(const Doubles& x, Doubles& g) {
    return each<Doubles>([&](int l) {
      std::uint64_t u;
      std::memcpy(&u, &x.v[l], sizeof(u));
      u += 0x3ff0000000000000 - 0x3fe6a09e667f3bcd;
      const std::uint64_t fraction = (u & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd;
      std::memcpy(&g.v[l], &fraction, sizeof(fraction));
      return static_cast<double>(u >> 52) - 1023;
    });
  }
  static Doubles where_negative(const Doubles& x, const Doubles& v) {
    return each<Doubles>([&](int l) { return x.v[l] < 0 ? v.v[l] : 0.0; });
  }
  static void store_double(double* p, const Doubles& a) { std::memcpy(p, a.v, sizeof(a.v)); }

  static void widen_half(const std::uint16_t* from, std::size_t count, float* to) {
    for (std::size_t k = 0; k < count; k++) to[k] = svp::widen_half(from[k]);
  }
};

}  // namespace

const UncertaintyKernel& uncertainty_kernel_scalar() {
  static constexpr UncertaintyKernel kernel = make_uncertainty_kernel<Lanes>();
  return kernel;
}

}  // namespace svp::cpu

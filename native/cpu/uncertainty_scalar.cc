// Eight lanes as plain arrays: what the vector files must equal to the bit.
#include <cstdint>
#include <cstring>

#include "uncertainty_row.h"

namespace svp::cpu {

namespace {

struct Lanes {
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
  static Singles load_some(const float* p, std::size_t count) {
    return each<Singles>([&](int l) { return static_cast<std::size_t>(l) < count ? p[l] : -__builtin_inff(); });
  }
  static Singles fill(float x) { return each<Singles>([&](int) { return x; }); }
  static Singles larger(const Singles& a, const Singles& b) {
    return each<Singles>([&](int l) { return a.v[l] > b.v[l] ? a.v[l] : b.v[l]; });
  }
  static Singles smaller(const Singles& a, const Singles& b) {
    return each<Singles>([&](int l) { return a.v[l] < b.v[l] ? a.v[l] : b.v[l]; });
  }
  static void store(float* p, const Singles& a) { std::memcpy(p, a.v, sizeof(a.v)); }

  static Nans no_nans() { return false; }
  static Nans note_nans(Nans seen, const Singles& a) {
    for (int l = 0; l < 8; l++) seen |= a.v[l] != a.v[l];
    return seen;
  }
  static bool any(Nans seen) { return seen; }

  static Doubles widen(const Singles& a) { return each<Doubles>([&](int l) { return static_cast<double>(a.v[l]); }); }
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
  static Doubles where_negative(const Doubles& x, const Doubles& v) {
    return each<Doubles>([&](int l) { return x.v[l] < 0 ? v.v[l] : 0.0; });
  }
  static void store_double(double* p, const Doubles& a) { std::memcpy(p, a.v, sizeof(a.v)); }
};

}  // namespace

UncertaintySums uncertainty_row_scalar(const float* row, std::size_t columns) {
  return uncertainty_row_in<Lanes>(row, columns);
}

}  // namespace svp::cpu

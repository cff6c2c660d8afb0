// E = 2^(y − M) in float32, with y = z·log2(e)/T and M a whole number.
//
// Nothing is subtracted from z in float32: its rounding would be amplified by the exponential. Instead
// t = fma(z, high, 1.5·2^23 − M) leaves n − M in its low bits, n being the whole number nearest to y; f = y − n takes two
// fused steps, |f| ≤ 1/2; 2^f is a polynomial of degree 6; and n − M is added to its exponent. Over every float32 f, with the
// rounding of f at its worst (2^-25), E is within 8.81e-8 of the exact one, relatively; test/native/uncertainty_exponential_test.cc
// holds the kernels to it.
#pragma once

#include "svp/uncertainty.h"

namespace svp::cpu {

// Most |M|, so that z·low stays small beside f, and the error of high + low far below 2^-25.
constexpr double kMostPower = 1024;

// E of a vector, in steps that several vectors take side by side, because one alone would wait for itself.
template <typename V>
struct UncertaintyExponential {
  using F = typename V::Singles;
  F high, low, origin;

  // The origin is 1.5·2^23 − M.
  UncertaintyExponential(const UncertaintyTemperature& temperature, F origin)
      : high(V::fill(temperature.high)), low(V::fill(temperature.low)), origin(origin) {}

  template <int N>
  void operator()(const F (&z)[N], F (&e)[N]) const {
    F t[N], f[N];
    for (int u = 0; u < N; u++) t[u] = V::fused(z[u], high, origin);
    for (int u = 0; u < N; u++) f[u] = V::fused_minus(z[u], high, V::minus_single(t[u], origin));
    for (int u = 0; u < N; u++) f[u] = V::fused(z[u], low, f[u]);
    // Relative error 3.3e-9 for |f| ≤ 0.505, with coefficients that are float32 numbers; exact at 0.
    for (int u = 0; u < N; u++) e[u] = V::fused(V::fill(0x1.417a30p-13f), f[u], V::fill(0x1.5f0f74p-10f));
    for (const float c : {0x1.3b2ddap-7f, 0x1.c6af72p-5f, 0x1.ebfbdcp-3f, 0x1.62e430p-1f, 1.0f}) {
      for (int u = 0; u < N; u++) e[u] = V::fused(e[u], f[u], V::fill(c));
    }
    for (int u = 0; u < N; u++) e[u] = V::at_power_single(e[u], t[u]);
  }
};

}  // namespace svp::cpu

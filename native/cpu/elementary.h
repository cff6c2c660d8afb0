// exp and log over eight float64 lanes, written once for every instruction set (cpu/uncertainty_kernels.h says what V
// supplies). Only additions, products and quotients, so that all sets agree to the bit.
#pragma once

namespace svp::cpu {

// exp(x) for |x| ≤ 708, as 2^n · 2^f with f in [−1/2, 1/2]. 2^f is a polynomial of degree 7, 1 + f·q(f) with q
// through the Chebyshev nodes: relative error 1.1e-10, far below a float32 ulp of 6e-8; exact at 0. The powers of f are
// made first (Estrin's order), because the loop waits for the longest chain of dependent operations.
template <typename V>
inline typename V::Doubles exponential(typename V::Doubles x) {
  using D = typename V::Doubles;
  constexpr double kLog2E = 0x1.71547652b82fep+0;
  constexpr double kShift = 0x1.8p+52;  // adding it rounds to a whole number and leaves that in the low bits
  const D y = V::times(x, V::fill_double(kLog2E));
  const D shifted = V::plus(y, V::fill_double(kShift));
  const D f = V::minus(y, V::minus(shifted, V::fill_double(kShift)));
  const D f2 = V::times(f, f);
  const D f4 = V::times(f2, f2);
  const auto line = [f](double c0, double c1) {
    return V::plus(V::fill_double(c0), V::times(V::fill_double(c1), f));
  };
  const D low = V::plus(line(1.0, 0x1.62e42fefa39efp-1),
                        V::times(line(0x1.ebfbe045f4d3cp-3, 0x1.c6b08d883dca1p-5), f2));
  const D high = V::plus(line(0x1.3b2a1b7152befp-7, 0x1.5d879ead06a82p-10),
                         V::times(line(0x1.443fffc90db59p-13, 0x1.00a581594758ep-16), f2));
  return V::at_power(V::plus(low, V::times(high, f4)), shifted);
}

// log(x) for positive normal x: k·log 2 + log g with g in [√½, √2), and log g = 2s(1 + s²/3 + s⁴/5 + …), s = (g −
// 1)/(g + 1). |s| ≤ 0.172, so that leaving off at s¹² costs 1.3e-12, relative to log x also near 1.
template <typename V>
inline typename V::Doubles logarithm(typename V::Doubles x) {
  using D = typename V::Doubles;
  D g;
  const D k = V::split(x, g);
  const D one = V::fill_double(1);
  const D s = V::over(V::minus(g, one), V::plus(g, one));
  const D s2 = V::times(s, s);
  D series = V::fill_double(1.0 / 13);
  for (const double odd : {11.0, 9.0, 7.0, 5.0, 3.0}) series = V::plus(V::times(series, s2), V::fill_double(1 / odd));
  series = V::plus(V::times(series, s2), one);
  const D twice = V::plus(s, s);
  return V::plus(V::times(k, V::fill_double(0x1.62e42fefa39efp-1)), V::times(twice, series));
}

// log(1 + x) for x ≥ 0, of the same relative accuracy for small x: what 1 + x loses is put back to first order.
template <typename V>
inline typename V::Doubles logarithm_of_one_more(typename V::Doubles x) {
  using D = typename V::Doubles;
  const D one = V::fill_double(1);
  const D total = V::plus(one, x);
  return V::plus(logarithm<V>(total), V::over(V::minus(x, V::minus(total, one)), total));
}

}  // namespace svp::cpu

// The row pass of svp/uncertainty.h, written once over eight lanes. Each instruction set supplies the lanes:
//
//   Singles: 8 float32       load(p), load_some(p, count) with −Inf in the lanes that are left, fill, larger, smaller
//   Doubles: 8 float64       widen, fill, plus, minus, times, larger
//            at_power(p, shifted): p · 2^n, where the low bits of `shifted` hold n
//            where_negative(x, v): v where x < 0, else +0
//   Nans:    a running "was there a NaN" flag
//
// Types come from anonymous namespaces of the kernel files, so nothing here is shared between instruction sets.
#pragma once

#include <cstddef>

#include "svp/uncertainty.h"

namespace svp::cpu {

// exp(x) for x in [−708, 0], as 2^n · 2^f with f in [−1/2, 1/2]. 2^f is a polynomial of degree 7, 1 + f·q(f) with q
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

template <typename V>
struct UncertaintyAccumulators {
  typename V::Doubles others;
  typename V::Doubles weighted;

  void add(typename V::Singles z, typename V::Doubles largest) {
    // −Inf and lanes past the end become −708: exp gives 3e-308 there, which no float32 result can show.
    const typename V::Doubles x = V::larger_double(V::minus(V::widen(z), largest), V::fill_double(-708.0));
    const typename V::Doubles e = V::where_negative(x, exponential<V>(x));
    others = V::plus(others, e);
    weighted = V::minus(weighted, V::times(x, e));
  }
};

// static: an inline function would be shared between files compiled for different processors.
static double combine_lanes(const double a[8]) {
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

template <typename V>
inline UncertaintySums uncertainty_row_in(const float* row, std::size_t columns) {
  using F = typename V::Singles;
  constexpr float kNothing = -__builtin_inff();
  const std::size_t whole = columns / 8 * 8;

  // The two largest of each lane. A NaN spoils these, but is seen.
  F first = V::fill(kNothing);
  F second = first;
  typename V::Nans nans = V::no_nans();
  const auto look = [&](F z) {
    nans = V::note_nans(nans, z);
    second = V::larger(second, V::smaller(first, z));
    first = V::larger(first, z);
  };
  for (std::size_t k = 0; k < whole; k += 8) look(V::load(row + k));
  if (whole < columns) look(V::load_some(row + whole, columns - whole));

  float firsts[8], seconds[8];
  V::store(firsts, first);
  V::store(seconds, second);
  float largest = kNothing;
  float runner_up = kNothing;
  for (int l = 0; l < 8; l++) {
    const float smaller = firsts[l] < largest ? firsts[l] : largest;
    largest = firsts[l] > largest ? firsts[l] : largest;
    runner_up = smaller > runner_up ? smaller : runner_up;
    runner_up = seconds[l] > runner_up ? seconds[l] : runner_up;
  }
  UncertaintySums sums = {0, 0, largest, runner_up, true};
  if (V::any(nans) || largest == kNothing || largest == -kNothing) {
    sums.valid = false;
    return sums;
  }

  const typename V::Doubles top = V::fill_double(largest);
  UncertaintyAccumulators<V> totals = {V::fill_double(0), V::fill_double(0)};
  for (std::size_t k = 0; k < whole; k += 8) totals.add(V::load(row + k), top);
  if (whole < columns) totals.add(V::load_some(row + whole, columns - whole), top);
  double lanes[8];
  V::store_double(lanes, totals.others);
  sums.others = combine_lanes(lanes);
  V::store_double(lanes, totals.weighted);
  sums.weighted = combine_lanes(lanes);
  if (runner_up == largest) {
    // The lanes left out every occurrence of the largest logit; all but one belong to the others.
    std::size_t occurrences = 0;
    for (std::size_t k = 0; k < columns; k++) occurrences += row[k] == largest;
    sums.others += static_cast<double>(occurrences - 1);
  }
  return sums;
}

UncertaintySums uncertainty_row_scalar(const float* row, std::size_t columns);
UncertaintySums uncertainty_row_avx2(const float* row, std::size_t columns);
UncertaintySums uncertainty_row_avx512(const float* row, std::size_t columns);
UncertaintySums uncertainty_row_neon(const float* row, std::size_t columns);

}  // namespace svp::cpu

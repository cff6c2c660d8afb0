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

// exp(x) for x in [−708, 0], as 2^n · 2^f with f in [−1/2, 1/2]. 2^f = 1 + f·q(f), q of degree 7 through the Chebyshev
// nodes: relative error 2.2e-12, five orders below a float32 ulp; exact at 0.
template <typename V>
inline typename V::Doubles exponential(typename V::Doubles x) {
  using D = typename V::Doubles;
  constexpr double kLog2E = 0x1.71547652b82fep+0;
  constexpr double kShift = 0x1.8p+52;  // adding it rounds to a whole number and leaves that in the low bits
  constexpr double q[8] = {0x1.62e42fef9cc69p-1,  0x1.ebfbdff82a734p-3,  0x1.c6b08da70cce3p-5,  0x1.3b2ab70ad2565p-7,
                           0x1.5d877598350dep-10, 0x1.4308c7183d6a2p-13, 0x1.00c0e4e15189cp-16, 0x1.63b2d7971923fp-20};
  const D y = V::times(x, V::fill_double(kLog2E));
  const D shifted = V::plus(y, V::fill_double(kShift));
  const D f = V::minus(y, V::minus(shifted, V::fill_double(kShift)));
  D p = V::fill_double(q[7]);
  for (int i = 6; i >= 0; i--) p = V::plus(V::times(p, f), V::fill_double(q[i]));
  p = V::plus(V::times(p, f), V::fill_double(1.0));
  return V::at_power(p, shifted);
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

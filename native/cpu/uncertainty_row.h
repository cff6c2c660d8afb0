// One row of logits in float64: for rows that float32 cannot take (cpu/uncertainty_wide.h), with any finite logits
// and any confidence. Two passes, the second over values that are in the cache.
#pragma once

#include "cpu/elementary.h"
#include "svp/uncertainty.h"

namespace svp::cpu {

// static: an inline function would be shared between files compiled for different processors.
static double combine_lanes(const double a[8]) {
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

// (m − z)/T and its exponential, added up over all z but the largest.
template <typename V>
struct UncertaintyAccumulators {
  using D = typename V::Doubles;
  D others = V::fill_double(0);
  D weighted = V::fill_double(0);

  void add(typename V::Singles z, D largest, D inverse) {
    // −Inf and lanes past the end become −708: exp gives 3e-308 there, which no float32 result can show.
    const D below = V::minus(V::widen(z), largest);
    const D x = V::larger_double(V::times(below, inverse), V::fill_double(-708.0));
    const D e = V::where_negative(below, exponential<V>(x));
    others = V::plus(others, e);
    weighted = V::minus(weighted, V::times(x, e));
  }
};

// False where the row has no sums; else writes those of row `i`.
template <typename V>
inline bool uncertainty_row(const float* row, std::size_t columns, const UncertaintyTemperature& temperature,
                            UncertaintySums& sums, std::size_t i) {
  using F = typename V::Singles;
  constexpr float kNothing = -__builtin_inff();
  const std::size_t whole = columns / 8 * 8;

  // The two largest of each lane. A NaN spoils these, but is seen.
  F first = V::fill(kNothing);
  F second = first;
  typename V::Nans nans = V::no_nans();
  const auto look = [&](F z) {
    nans = V::note_nans(nans, z);
    second = V::larger(V::smaller(first, z), second);
    first = V::larger(z, first);
  };
  for (std::size_t k = 0; k < whole; k += 8) look(V::load(row + k));
  if (whole < columns) look(V::load_some(row + whole, columns - whole, kNothing));

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
  if (V::any(nans) || largest == kNothing || largest == -kNothing) return false;

  const typename V::Doubles top = V::fill_double(largest);
  const typename V::Doubles inverse = V::fill_double(temperature.inverse);
  UncertaintyAccumulators<V> totals;
  for (std::size_t k = 0; k < whole; k += 8) totals.add(V::load(row + k), top, inverse);
  if (whole < columns) totals.add(V::load_some(row + whole, columns - whole, kNothing), top, inverse);
  double lanes[8];
  V::store_double(lanes, totals.others);
  sums.others[i] = combine_lanes(lanes);
  V::store_double(lanes, totals.weighted);
  sums.weighted[i] = combine_lanes(lanes);
  sums.shift[i] = 0;
  sums.gap[i] = (static_cast<double>(runner_up) - static_cast<double>(largest)) * temperature.inverse;
  if (runner_up == largest) {
    // The lanes left out every occurrence of the largest logit; all but one belong to the others.
    std::size_t occurrences = 0;
    for (std::size_t k = 0; k < columns; k++) occurrences += row[k] == largest;
    sums.others[i] += static_cast<double>(occurrences - 1);
  }
  return true;
}

}  // namespace svp::cpu

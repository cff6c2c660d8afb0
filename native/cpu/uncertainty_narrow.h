// Rows of few classes, eight at once: a lane holds a row, and all is float64. Short rows have no vectors of columns.
#pragma once

#include "cpu/uncertainty_row.h"

namespace svp::cpu {

constexpr std::size_t kNarrowColumns = 32;  // rows below this many columns; above, a row by itself is as fast

// The first row without sums, or `count`.
template <typename V>
inline std::size_t uncertainty_narrow(const float* rows, std::size_t count, std::size_t columns,
                                      const UncertaintyTemperature& temperature, UncertaintySums& sums) {
  using F = typename V::Singles;
  using D = typename V::Doubles;
  constexpr float kNothing = -__builtin_inff();
  // The block turned round: column k of all rows side by side. Rows that are not there are rows of zeros.
  alignas(64) float turned[kNarrowColumns * kUncertaintyRows];
  const std::size_t padded = (count + 7) / 8 * 8;
  for (std::size_t i = 0; i < count; i++) {
    for (std::size_t k = 0; k < columns; k++) turned[k * kUncertaintyRows + i] = rows[i * columns + k];
  }
  for (std::size_t k = 0; k < columns; k++) {
    for (std::size_t i = count; i < padded; i++) turned[k * kUncertaintyRows + i] = 0;
  }

  const D inverse = V::fill_double(temperature.inverse);
  for (std::size_t i = 0; i < padded; i += 8) {
    const float* column = turned + i;
    F first = V::fill(kNothing);
    F second = first;
    typename V::Nans nans = V::no_nans();
    for (std::size_t k = 0; k < columns; k++) {
      const F z = V::load(column + k * kUncertaintyRows);
      nans = V::note_nans(nans, z);
      second = V::larger(V::smaller(first, z), second);
      first = V::larger(z, first);
    }
    const D top = V::widen(first);
    UncertaintyAccumulators<V> totals;
    for (std::size_t k = 0; k < columns; k++) totals.add(V::load(column + k * kUncertaintyRows), top, inverse);
    V::store_double(sums.others + i, totals.others);
    V::store_double(sums.weighted + i, totals.weighted);
    V::store_double(sums.shift + i, V::fill_double(0));
    V::store_double(sums.gap + i, V::times(V::minus(V::widen(second), top), inverse));

    float firsts[8], seconds[8];
    V::store(firsts, first);
    V::store(seconds, second);
    const bool any_nan = V::any(nans);
    for (std::size_t l = 0; l < 8 && i + l < count; l++) {
      bool nan = false;
      std::size_t occurrences = 0;
      if (any_nan || firsts[l] == seconds[l]) {
        for (std::size_t k = 0; k < columns; k++) {
          const float z = column[k * kUncertaintyRows + l];
          nan |= z != z;
          occurrences += z == firsts[l];
        }
      }
      if (nan || firsts[l] == kNothing || firsts[l] == -kNothing) return i + l;
      if (occurrences > 1) sums.others[i + l] += static_cast<double>(occurrences - 1);
    }
  }
  return count;
}

}  // namespace svp::cpu

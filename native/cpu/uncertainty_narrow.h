// Rows of few classes, eight at once: a lane holds a row. Short rows have no vectors of columns.
#pragma once

#include "cpu/uncertainty_exponential.h"
#include "cpu/uncertainty_row.h"

namespace svp::cpu {

constexpr std::size_t kNarrowColumns = 32;  // rows below this many columns; above, a row by itself is as fast

// Column k of up to kUncertaintyRows rows side by side. Rows that are not there are rows of zeros.
struct TurnedRows {
  alignas(64) float values[kNarrowColumns * kUncertaintyRows];
  std::size_t columns;

  const float* column(std::size_t k) const { return values + k * kUncertaintyRows; }
};

static void turn_rows(const float* rows, std::size_t count, std::size_t columns, TurnedRows& turned) {
  turned.columns = columns;
  for (std::size_t i = 0; i < count; i++) {
    for (std::size_t k = 0; k < columns; k++) turned.values[k * kUncertaintyRows + i] = rows[i * columns + k];
  }
  for (std::size_t k = 0; k < columns; k++) {
    for (std::size_t i = count; i % 8 != 0; i++) turned.values[k * kUncertaintyRows + i] = 0;
  }
}

// Sums of the eight rows from i on, given their largest logits: in float32 exponentials, where every row can take them
// (the reasons are those of cpu/uncertainty_wide.h); here the largest logit is known before and left out, so nothing cancels.
template <typename V>
inline void narrow_sums(const TurnedRows& turned, std::size_t i, typename V::Singles first, float (&at_largest)[8],
                        const UncertaintyTemperature& temperature, UncertaintySums& sums) {
  using F = typename V::Singles;
  using D = typename V::Doubles;
  const F magic = V::fill(0x1.8p23f);
  const F whole = V::minus_single(V::fused(first, V::fill(temperature.high), magic), magic);
  const UncertaintyExponential<V> exponential_of(temperature, V::minus_single(magic, whole));
  // Below, E is 2^-120 of the largest and would soon be no normal number.
  const F lowest = V::fused(V::fill(-120.0f), V::fill(1 / temperature.high), first);
  const F zero = V::fill(0);
  const D top = V::widen(first);
  D others = V::fill_double(0);
  D weighted = others;
  for (std::size_t k = 0; k < turned.columns; k++) {
    const F z[1] = {V::larger(V::load(turned.column(k) + i), lowest)};
    F e[1];
    exponential_of(z, e);
    const D wide = V::widen(V::where_greater(first, z[0], e[0], zero));
    others = V::plus(others, wide);
    weighted = V::fused_double(V::minus(top, V::widen(z[0])), wide, weighted);
  }
  const D inverse = V::fill_double(temperature.inverse);
  const D shift = V::minus(V::times(top, inverse), V::times(V::widen(whole), V::fill_double(0x1.62e42fefa39efp-1)));
  V::store_double(sums.others + i, others);
  V::store_double(sums.weighted + i, V::times(weighted, inverse));
  V::store_double(sums.shift + i, shift);
  const F largest[1] = {first};
  F e[1];
  exponential_of(largest, e);
  V::store(at_largest, e[0]);
}

// The same in float64, for any rows.
template <typename V>
inline void narrow_sums_in_float64(const TurnedRows& turned, std::size_t i, typename V::Singles first,
                                   float (&at_largest)[8], const UncertaintyTemperature& temperature,
                                   UncertaintySums& sums) {
  const auto top = V::widen(first);
  const auto inverse = V::fill_double(temperature.inverse);
  UncertaintyAccumulators<V> totals;
  for (std::size_t k = 0; k < turned.columns; k++) totals.add(V::load(turned.column(k) + i), top, inverse);
  V::store_double(sums.others + i, totals.others);
  V::store_double(sums.weighted + i, totals.weighted);
  V::store_double(sums.shift + i, V::fill_double(0));
  V::store(at_largest, V::fill(1));
}

// The first row without sums, or `count`.
template <typename V>
inline std::size_t uncertainty_narrow(const float* rows, std::size_t count, std::size_t columns,
                                      const UncertaintyTemperature& temperature, UncertaintySums& sums) {
  using F = typename V::Singles;
  constexpr float kNothing = -__builtin_inff();
  TurnedRows turned;
  turn_rows(rows, count, columns, turned);
  const float most = static_cast<float>(kMostPower) / temperature.high;
  const float least_gap = -40 / temperature.high;  // 2^-40 of the largest: far above what is left out below 2^-120
  for (std::size_t i = 0; i < count; i += 8) {
    F first = V::fill(kNothing);
    F second = first;
    typename V::Nans nans = V::no_nans();
    for (std::size_t k = 0; k < columns; k++) {
      const F z = V::load(turned.column(k) + i);
      nans = V::note_nans(nans, z);
      second = V::larger(V::smaller(first, z), second);
      first = V::larger(z, first);
    }
    float firsts[8], seconds[8], at_largest[8];
    V::store(firsts, first);
    V::store(seconds, second);
    bool ordinary = !V::any(nans);
    bool ties = false;
    for (std::size_t l = 0; l < 8; l++) {
      ordinary &= firsts[l] >= -most && firsts[l] <= most && seconds[l] - firsts[l] >= least_gap;
      ties |= firsts[l] == seconds[l];
    }
    if (ordinary) narrow_sums<V>(turned, i, first, at_largest, temperature, sums);
    else narrow_sums_in_float64<V>(turned, i, first, at_largest, temperature, sums);
    const auto gap = V::minus(V::widen(second), V::widen(first));
    V::store_double(sums.gap + i, V::times(gap, V::fill_double(temperature.inverse)));
    if (ordinary && !ties) continue;

    for (std::size_t l = 0; l < 8 && i + l < count; l++) {
      bool nan = false;
      std::size_t occurrences = 0;
      for (std::size_t k = 0; k < columns; k++) {
        const float z = turned.column(k)[i + l];
        nan |= z != z;
        occurrences += z == firsts[l];
      }
      if (nan || firsts[l] == kNothing || firsts[l] == -kNothing) return i + l;
      // The lanes left out every occurrence of the largest logit; all but one belong to the others.
      sums.others[i + l] += static_cast<double>(occurrences - 1) * static_cast<double>(at_largest[l]);
    }
  }
  return count;
}

}  // namespace svp::cpu

// The measures of rows of probabilities, as they are: float64 sums of float32 values, the logarithm in float64.
#pragma once

#include "cpu/uncertainty_row.h"

namespace svp::cpu {

template <typename V>
inline bool probability_row(const float* row, std::size_t columns, double& entropy, float& first_of_all,
                            float& second_of_all) {
  using F = typename V::Singles;
  using D = typename V::Doubles;
  const std::size_t whole = columns / 8 * 8;
  F first = V::fill(0);
  F second = first;
  F smallest = first;
  D total = V::fill_double(0);
  D terms = total;
  const auto look = [&](F p) {
    smallest = V::smaller(p, smallest);
    second = V::larger(V::smaller(first, p), second);
    first = V::larger(p, first);
    const D wide = V::widen(p);
    total = V::plus(total, wide);
    // 0·log 0 = 0: the smallest float32 is far above 1e-300.
    terms = V::plus(terms, V::times(wide, logarithm<V>(V::larger_double(wide, V::fill_double(1e-300)))));
  };
  for (std::size_t k = 0; k < whole; k += 8) look(V::load(row + k));
  if (whole < columns) look(V::load_some(row + whole, columns - whole, 0));

  float firsts[8], seconds[8], smallests[8];
  V::store(firsts, first);
  V::store(seconds, second);
  V::store(smallests, smallest);
  float least = 0;
  first_of_all = 0;
  second_of_all = 0;
  for (int l = 0; l < 8; l++) {
    const float smaller = firsts[l] < first_of_all ? firsts[l] : first_of_all;
    first_of_all = firsts[l] > first_of_all ? firsts[l] : first_of_all;
    second_of_all = smaller > second_of_all ? smaller : second_of_all;
    second_of_all = seconds[l] > second_of_all ? seconds[l] : second_of_all;
    least = smallests[l] < least ? smallests[l] : least;
  }
  double lanes[8];
  V::store_double(lanes, total);
  const double off = combine_lanes(lanes) - 1;  // NaN where there is one in the row
  V::store_double(lanes, terms);
  entropy = -combine_lanes(lanes);
  return least >= 0 && off >= -kProbabilityTolerance && off <= kProbabilityTolerance;
}

template <typename V>
inline std::size_t probability_rows(const float* rows, std::size_t count, std::size_t columns, float* entropy,
                                    float* least_confidence, float* margin) {
  const auto store = [](float* to, std::size_t i, double value) {
    // Rounding may have left a certain row a little above 1.
    if (to != nullptr) to[i] = static_cast<float>(value > 0 ? value : 0.0);
  };
  for (std::size_t i = 0; i < count; i++) {
    double row_entropy;
    float first, second;
    if (!probability_row<V>(rows + i * columns, columns, row_entropy, first, second)) return i;
    const double p1 = static_cast<double>(first);
    store(entropy, i, row_entropy);
    store(least_confidence, i, 1 - p1);
    store(margin, i, 1 - (p1 - static_cast<double>(second)));
  }
  return count;
}

}  // namespace svp::cpu

// What the members of a committee say about one example: how far their distributions are from their mean, in float64.
//
//   p̄ = mean of p_j,   divergence = mean of KL(p_j ‖ p̄) = mean of Σ_k p_jk (log p_jk − log p̄_k)
//
// log p_jk is (z_jk − m_j)/T − log s_j without a logarithm, so a column costs an exponential a member and one
// logarithm.
#pragma once

#include "cpu/uncertainty_row.h"

namespace svp::cpu {

// Writes m_j and log s_j of one member; false where its row has no probabilities.
template <typename V>
inline bool member_normaliser(const float* row, std::size_t columns, double inverse_temperature, double* largest_of,
                              double* log_sum_of) {
  using F = typename V::Singles;
  using D = typename V::Doubles;
  constexpr float kNothing = -__builtin_inff();
  const std::size_t whole = columns / 8 * 8;
  F first = V::fill(kNothing);
  typename V::Nans nans = V::no_nans();
  const auto look = [&](F z) {
    nans = V::note_nans(nans, z);
    first = V::larger(z, first);
  };
  for (std::size_t k = 0; k < whole; k += 8) look(V::load(row + k));
  if (whole < columns) look(V::load_some(row + whole, columns - whole, kNothing));
  float firsts[8];
  V::store(firsts, first);
  float largest = firsts[0];
  for (int l = 1; l < 8; l++) largest = firsts[l] > largest ? firsts[l] : largest;
  if (V::any(nans) || largest == kNothing || largest == -kNothing) return false;

  const D top = V::fill_double(largest);
  const D inverse = V::fill_double(inverse_temperature);
  D sum = V::fill_double(0);
  const auto add = [&](F z) {
    const D x = V::times(V::minus(V::widen(z), top), inverse);
    sum = V::plus(sum, exponential<V>(V::larger_double(x, V::fill_double(-708.0))));
  };
  for (std::size_t k = 0; k < whole; k += 8) add(V::load(row + k));
  if (whole < columns) add(V::load_some(row + whole, columns - whole, kNothing));
  double lanes[8];
  V::store_double(lanes, sum);
  V::store_double(lanes, logarithm<V>(V::fill_double(combine_lanes(lanes))));
  *largest_of = static_cast<double>(largest);
  *log_sum_of = lanes[0];
  return true;
}

// `scratch`: 2 × members. Returns the first member whose row has no probabilities, or `members`.
template <typename V>
inline std::size_t committee_row(const float* const* rows, std::size_t members, std::size_t columns,
                                 double inverse_temperature, double* scratch, double& divergence) {
  using D = typename V::Doubles;
  double* largest = scratch;
  double* log_sum = scratch + members;
  for (std::size_t j = 0; j < members; j++) {
    if (!member_normaliser<V>(rows[j], columns, inverse_temperature, largest + j, log_sum + j)) return j;
  }
  const D inverse = V::fill_double(inverse_temperature);
  const double share = 1 / static_cast<double>(members);
  const D nothing = V::fill_double(-708.0);
  D total = V::fill_double(0);
  for (std::size_t k = 0; k < columns; k += 8) {
    D mean = V::fill_double(0);
    D own = mean;
    for (std::size_t j = 0; j < members; j++) {
      const auto z = k + 8 <= columns ? V::load(rows[j] + k)
                                      : V::load_some(rows[j] + k, columns - k, -__builtin_inff());
      const D below = V::times(V::minus(V::widen(z), V::fill_double(largest[j])), inverse);
      const D log_p = V::larger_double(V::minus(below, V::fill_double(log_sum[j])), nothing);
      const D p = exponential<V>(log_p);
      mean = V::plus(mean, p);
      own = V::plus(own, V::times(p, log_p));
    }
    // Σ_j p_jk (log p_jk − log p̄_k), with Σ_j p_jk = members · p̄_k.
    const D log_mean = logarithm<V>(V::larger_double(V::times(mean, V::fill_double(share)), V::fill_double(1e-300)));
    total = V::plus(total, V::minus(own, V::times(mean, log_mean)));
  }
  double lanes[8];
  V::store_double(lanes, total);
  divergence = combine_lanes(lanes) * share;
  return members;
}

}  // namespace svp::cpu

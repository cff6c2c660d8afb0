// The proved bound that lets a float32 product skip a pair without changing a float64 decision. Proof: docs/NUMERICS.md,
// "The filter's bound"; test/native/k_center_bound_test.cc and test/parity/k-center-greedy.test.ts attack it.
//
// Rows are mapped to z = s·F(x − μ): μ any fixed vector, s a power of two such that ‖z‖ ≤ 1, F a map that never
// increases a distance (the identity, or principal axes with the length of what they leave out as a last coordinate).
// With n = ‖s(x − μ)‖², a pair may be skipped when, in float32,
//     z_i·z_c − (row_threshold(n_i, m_i) + column_threshold(n_c)) < 0,
// because then D2(i, c) > m_i, strictly, as squared_distance computes it.
#pragma once

#include <cmath>
#include <cstddef>

namespace svp {

struct KCenterBound {
  double slack = 0;      // E: relative, covers every rounding of the filter and of D2
  double absolute = 0;   // A: covers underflow

  // Rounded down, so that rounding can only let a pair through. m is in the scaled unit, s²·D2, where no distance
  // exceeds 4; a row without a center (m = ∞) keeps a finite threshold, so that columns marked as empty stay out.
  float row_threshold(double n, double m) const {
    return std::fmax(-1e20f, down(0.5 * (n * (1 - slack) - m * (1 + slack)) - absolute));
  }
  float column_threshold(double n) const { return down(0.5 * n * (1 - slack)); }

  static float down(double x) {
    float f = static_cast<float>(x);
    return static_cast<double>(f) > x ? std::nextafterf(f, -HUGE_VALF) : f;
  }
};

// product_length: elements of z. columns: of the features. map_error: ‖fl(z) − z‖ ≤ map_error·√n.
inline KCenterBound k_center_bound(std::size_t product_length, std::size_t columns, double map_error) {
  const double u = std::ldexp(1.0, -24);
  const double p = static_cast<double>(product_length) + 4;
  const double gamma = p * u / (1 - p * u);
  const double eta = (static_cast<double>(columns) + 16) * std::ldexp(1.0, -53);
  return {2 * gamma + 9 * map_error + 4 * eta, std::ldexp(1.0, -120)};
}

}  // namespace svp

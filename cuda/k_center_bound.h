// The bound of the tensor-core filter; proof: docs/NUMERICS.md, "The filter on tensor cores". Rows are stored as
// ẑ = round(s·(x − μ)) in bfloat16 or TF32, and each row's own rounding error is measured, not estimated:
//
//     half   ≤ ‖ẑ‖²/2 · (1 − Γ),  rounded down      (`half`, float32, also less the underflow A)
//     radius ≥ ‖ẑ − s·(x − μ)‖,   rounded up        (`radius`, float32)
//     reach  ≥ sqrt(s²·m/(1 − η)) + radius, rounded up
//
// A pair is skipped where the tensor cores' sum P of ẑ_i·ẑ_c, in float32, is below
//     (half_i + half_c) − (reach_i + radius_c)²/2,
// because then D2(i, c) > m_i, strictly, as D2 is computed.
#pragma once

#include <cmath>
#include <cstddef>

namespace svp::cuda {

// Values below this are stored as 0 (their loss is part of the measured error), so that no product underflows.
constexpr double kSmallest = 0x1p-60;
// Covers what is lost where sums underflow, and makes rows that are dwarfed by the largest one pass the filter.
constexpr double kUnderflow = 0x1p-80;
// A row without a center has this reach: no pair of its is skipped, and its square still is a float32.
constexpr float kFarReach = 1e15f;
// In place of `half` where there is no row: such a pair is always skipped.
constexpr float kNoRow = 1e30f;

struct FilterBound {
  double gamma = 0;    // Γ: of the inner product; every order of the sum, truncation and no guard bits allowed
  double inflate = 1;  // at least 1/(1 − η), η the relative error of D2 as computed
  double relative = 0; // at least the relative error of the float64 sums in half and radius
};

// product_length: elements of a stored row, padding included.
inline FilterBound filter_bound(std::size_t product_length, std::size_t columns) {
  const double u = std::ldexp(1.0, -24);
  const double v = std::ldexp(1.0, -53);
  const double p = static_cast<double>(product_length) + 16;
  const double d = static_cast<double>(columns) + 64;
  FilterBound bound;
  bound.gamma = 8 * p * u;
  bound.inflate = 1 + 2 * d * v;
  bound.relative = 4 * d * v;
  return bound;
}

}  // namespace svp::cuda

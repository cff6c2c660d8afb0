// The leading principal axes of a sample, for the filter of greedy k-centers. Only their orthonormality matters to
// correctness (`defect`); how well they follow the data matters to speed alone.
#pragma once

#include <cstddef>
#include <vector>

#include "svp/control.h"
#include "svp/thread_pool.h"

namespace svp {

struct PrincipalAxes {
  std::size_t columns = 0;   // stored width: axes + 1, a multiple of 8; the last column is zero
  std::vector<double> axes;  // axes[k·columns + j]: component k of axis j; axes by falling variance
  double defect = 0;         // ‖QᵀQ − I‖ over the axes that are not zero (Frobenius norm, upper bound)
  std::vector<double> captured;  // captured[j]: share of the sample's variance in the first j axes
};

// sample: count × d, centered, row-major. Subspace iteration with a Rayleigh-Ritz rotation at the end.
// O(count·d·columns) for each of its few rounds; the same bits for any number of threads.
PrincipalAxes principal_axes(const std::vector<double>& sample, std::size_t count, std::size_t d, std::size_t columns,
                             ThreadPool& pool, const JobControl& control);

}  // namespace svp

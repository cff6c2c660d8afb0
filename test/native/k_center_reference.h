// Greedy k-centers as a plain loop over float64 distances, for the tests: no filter, no order but the definition's.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "svp/feature_source.h"
#include "svp/k_center_greedy.h"

namespace svp::test {

// docs/NUMERICS.md, "Exact", written another way than the kernels.
inline double reference_distance(const float* x, const float* y, std::size_t d) {
  double a[8] = {};
  for (std::size_t k = 0; k < d; k++) {
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    const double square = difference * difference;
    a[k % 8] += square;
  }
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

struct Selected {
  std::vector<std::uint32_t> indices;
  std::vector<double> radii;
  std::vector<std::uint32_t> assignments;
};

// One run over the whole pool, `run.first` and the stopping radius included. O(rows · centers · columns).
inline Selected reference_selection(const FeatureSource& features, const KCenterRun& run, double radius = -1) {
  const std::size_t n = features.rows();
  const std::size_t d = features.columns();
  std::vector<double> m(n, std::numeric_limits<double>::infinity());
  std::vector<bool> taken(n, false);
  Selected selected;
  selected.assignments.assign(n, 0);
  std::vector<float> center_scratch(d), scratch(d);
  std::uint32_t centers = 0;
  const auto add = [&](std::uint32_t row) {
    taken[row] = true;
    const float* center = features.row(row, center_scratch.data());
    for (std::size_t i = 0; i < n; i++) {
      const double d2 = reference_distance(features.row(i, scratch.data()), center, d);
      if (d2 < m[i]) {
        m[i] = d2;
        selected.assignments[i] = centers;
      }
    }
    centers++;
  };
  for (const std::uint32_t row : run.initial) add(row);
  while (selected.indices.size() < run.budget) {
    std::uint32_t best = 0;
    if (selected.indices.size() < run.first.size()) {
      best = run.first[selected.indices.size()];
    } else {
      while (taken[best]) best++;
      for (std::uint32_t i = best + 1; i < n; i++) {
        if (!taken[i] && m[i] > m[best]) best = i;
      }
      if (std::sqrt(m[best]) <= radius) break;
    }
    selected.indices.push_back(best);
    selected.radii.push_back(std::sqrt(m[best]));
    add(best);
  }
  return selected;
}

// The engine's answer to options with one run. `assignments` as far as `wanted`.
inline Selected engine_selection(const FeatureSource& features, const KCenterOptions& options, InstructionSet set,
                                 bool wanted = true) {
  const std::size_t budget = options.runs[0].budget;
  Selected selected;
  selected.indices.resize(budget);
  selected.radii.resize(budget);
  if (wanted) selected.assignments.resize(features.rows());
  JobControl control;
  const KCenterResult result =
      k_center_greedy(features, options, set, control,
                      {selected.indices.data(), selected.radii.data(), wanted ? selected.assignments.data() : nullptr});
  selected.indices.resize(result.picked[0]);
  selected.radii.resize(result.picked[0]);
  return selected;
}

}  // namespace svp::test

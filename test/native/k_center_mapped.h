// The filter of greedy k-centers with all rows mapped, in groups as the engine maps them.
#pragma once

#include <algorithm>
#include <vector>

#include "cpu/k_center_filter.h"
#include "svp/feature_source.h"

namespace svp::test {

inline void map_all(cpu::KCenterFilter& filter, const FeatureSource& features) {
  std::vector<double> scratch(filter.map_scratch());
  for (std::size_t i = 0; i < features.rows(); i += 4) {
    const std::size_t count = std::min<std::size_t>(4, features.rows() - i);
    const float* rows[4];
    for (std::size_t r = 0; r < 4; r++) rows[r] = features.row(i + std::min(r, count - 1), nullptr);
    filter.map(i, count, rows, scratch.data());
  }
}

}  // namespace svp::test

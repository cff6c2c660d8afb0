// Which length of the filter is cheapest for the points that came due.
#include <array>

#include "cpu/k_center_update.h"

namespace svp::cpu {

std::size_t KCenterUpdate::choose_level(const std::vector<std::uint32_t>& points,
                                        const std::vector<std::uint32_t>& centers, const KCenterState& state) {
  if (tuning_.filter == KCenterTuning::Filter::dense || !filter_.projected()) return kDense;
  if (tuning_.filter_columns != 0) {
    for (std::size_t level = 0; level < kDense; level++) {
      if (filter_.has(level) && filter_.length(level) >= tuning_.filter_columns) return level;
    }
  }
  // Distances between random pairs of those that came due, with every length at once.
  constexpr std::size_t kPairs = 1024;
  std::array<std::size_t, kLevels> survived{};
  const std::size_t p = filter_.stored();
  std::size_t tried = 0;
  for (std::size_t t = 0; t < kPairs; t++) {
    sample_state_ = sample_state_ * 6364136223846793005u + 1442695040888963407u;
    const std::uint32_t i = points[(sample_state_ >> 33) % points.size()];
    sample_state_ = sample_state_ * 6364136223846793005u + 1442695040888963407u;
    const std::size_t missed = centers.size() - state.applied[i];
    if (missed == 0) continue;
    const std::uint32_t c = centers[state.applied[i] + (sample_state_ >> 33) % missed];
    const float m = static_cast<float>(state.m[i] * filter_.scale_square());
    const float* x = filter_.z(i);
    const float* y = filter_.z(c);
    float sum = 0;
    std::size_t level = 0;
    for (std::size_t k = 0; k < p; k++) {
      if (k + 1 == filter_.length(level)) {
        float rest;
        if (k + 1 == p) {
          rest = x[k] - y[k];
        } else {
          float zi[64], zc[64];
          filter_.read(i, level, zi, nullptr);
          filter_.read(c, level, zc, nullptr);
          rest = zi[k] - zc[k];
        }
        if (sum + rest * rest <= m) survived[level]++;
        level++;
      }
      sum += (x[k] - y[k]) * (x[k] - y[k]);
    }
    tried++;
  }
  if (tried == 0) return 0;
  // Costs in units of one fused multiply-add of a tile. Chosen from measurements on AVX2; only their ratios matter.
  const double refine = 400.0 + 4.0 * static_cast<double>(p);
  const double decide = 2000.0 + 8.0 * static_cast<double>(features_.columns());
  const double longest = static_cast<double>(survived[longest_]) / static_cast<double>(tried);
  std::size_t best = kDense;
  // About one in eight of those that survive every projection is decided; the rest fall to nearer ones decided first.
  double least = static_cast<double>(filter_.length(kDense)) + 8;
  for (std::size_t level = 0; level <= longest_; level++) {
    const double share = static_cast<double>(survived[level]) / static_cast<double>(tried);
    const double cost = static_cast<double>(filter_.length(level)) + 8 + share * refine + longest * decide / 8;
    if (cost < least) {
      least = cost;
      best = level;
    }
  }
  return best;
}

}  // namespace svp::cpu

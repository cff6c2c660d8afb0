#include "cpu/k_center_filter.h"

#include <algorithm>
#include <cmath>

#include "svp/principal_axes.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kSample = 1024;
// Shorter rows than this go through the dense filter, which is as short.
constexpr std::size_t kFewestColumns = 17;
// Places: components that take part, quantiles of each (a power of two), bits in all.
constexpr std::size_t kPlaceComponents = 7;
constexpr std::size_t kQuantiles = 32;
constexpr std::size_t kQuantileBits = 5;
constexpr std::size_t kPlaceBits = 24;

}  // namespace

KCenterFilter::KCenterFilter(const FeatureSource& features, const ProductKernel& kernel, const KCenterTuning& tuning)
    : features_(features), kernel_(kernel), n_(features.rows()), d_(features.columns()) {
  dense_length_ = std::max<std::size_t>(8, (d_ + 7) / 8 * 8);
  projected_ = tuning.filter == KCenterTuning::Filter::projected ||
               (tuning.filter == KCenterTuning::Filter::automatic && d_ >= kFewestColumns);
  if (projected_) {
    const std::size_t longest = kProjectedLengths.back();
    stored_ = 8;
    while (stored_ < longest && stored_ < dense_length_) stored_ *= 2;
  }
}

void KCenterFilter::prepare(double largest, ThreadPool& pool, const JobControl& control) {
  // ‖x − μ‖ ≤ 2·√d·largest, and s brings that to at most 1; a power of two, so that scaling is exact.
  const double reach = 2 * std::sqrt(static_cast<double>(std::max<std::size_t>(d_, 1))) * largest;
  scale_ = largest > 0 ? std::ldexp(1.0, -static_cast<int>(std::ilogb(reach)) - 1) : 1.0;

  const std::size_t count = std::min(n_, kSample);
  std::vector<double> sample(count * d_);
  mean_.assign(d_, 0.0);
  pool.parallel_for(count, 16, [&](std::size_t begin, std::size_t end, unsigned) {
    std::vector<float> scratch(d_);
    for (std::size_t s = begin; s < end; s++) {
      const std::size_t i = s * (n_ / count) + std::min(s, n_ % count) * 1;
      const float* row = features_.row(std::min(i, n_ - 1), scratch.data());
      for (std::size_t k = 0; k < d_; k++) sample[s * d_ + k] = static_cast<double>(row[k]);
    }
  });
  for (std::size_t s = 0; s < count; s++) {
    for (std::size_t k = 0; k < d_; k++) mean_[k] += sample[s * d_ + k];
  }
  for (double& mean : mean_) mean /= static_cast<double>(std::max<std::size_t>(count, 1));

  const double u24 = std::ldexp(1.0, -24);
  const double u53 = std::ldexp(1.0, -53);
  bounds_[kDense] = k_center_bound(dense_length_, d_, 1.01 * u24 + 2 * std::sqrt(static_cast<double>(d_) * 4 * u53 * u53));
  norms_.assign(n_, 0.0f);
  if (!projected_) return;

  for (std::size_t s = 0; s < count; s++) {
    for (std::size_t k = 0; k < d_; k++) sample[s * d_ + k] = (sample[s * d_ + k] - mean_[k]) * scale_;
  }
  const PrincipalAxes found = principal_axes(sample, count, d_, stored_, pool, control);
  axes_.resize(d_ * stored_);
  for (std::size_t k = 0; k < d_; k++) {
    for (std::size_t j = 0; j < stored_; j++) axes_[(j / 8 * d_ + k) * 8 + j % 8] = found.axes[k * stored_ + j];
  }
  // Every component is off by at most `component`·‖x − μ‖ in float64, all of them by √stored times that, which moves
  // the square of what is left out by at most thrice as much (relative to the square of the whole).
  const double component = (static_cast<double>(d_) + 8) * 1.01 * u53 + found.defect;
  const double moved = std::sqrt(static_cast<double>(stored_)) * component;
  const double map_error = 1.01 * u24 + moved + std::sqrt(3 * moved + 8 * (static_cast<double>(d_) + 8) * u53);
  for (std::size_t level = 0; level < kDense; level++) {
    bounds_[level] = k_center_bound(kProjectedLengths[level], d_, map_error);
  }
  prepare_places(sample, count);
  z_ = Aligned<float>(n_ * stored_);
  for (std::size_t level = 0; level < kDense; level++) {
    if (kProjectedLengths[level] < stored_) rest_[level].assign(n_, 0.0f);
  }
}

void KCenterFilter::prepare_places(const std::vector<double>& sample, std::size_t count) {
  const std::size_t components = std::min(kPlaceComponents, stored_ - 1);
  std::vector<double> variance(components, 0.0);
  quantiles_.assign(components, {});
  for (std::size_t j = 0; j < components; j++) {
    std::vector<float> values(count);
    for (std::size_t s = 0; s < count; s++) {
      double y = 0;
      for (std::size_t k = 0; k < d_; k++) y += sample[s * d_ + k] * axes_[(j / 8 * d_ + k) * 8 + j % 8];
      values[s] = static_cast<float>(y);
      variance[j] += y * y;
    }
    std::sort(values.begin(), values.end());
    for (std::size_t q = 1; q < kQuantiles; q++) quantiles_[j].push_back(values[q * count / kQuantiles]);
  }
  // Each split halves a component's range, and so divides its variance by four.
  splits_.clear();
  std::vector<std::size_t> used(components, 0);
  while (splits_.size() < std::min(kPlaceBits, components * kQuantileBits)) {
    std::size_t widest = components;
    for (std::size_t j = 0; j < components; j++) {
      if (used[j] < kQuantileBits && (widest == components || variance[j] > variance[widest])) widest = j;
    }
    splits_.push_back(static_cast<std::uint8_t>(widest));
    used[widest]++;
    variance[widest] /= 4;
  }
  places_.assign(n_, 0);
}

void KCenterFilter::map(std::size_t begin, std::size_t count, const float* const rows[4], double* scratch) {
  // Four rows side by side; a group that is not full repeats its last row.
  double* x = scratch;
  double square[4] = {0, 0, 0, 0};
  const float* const four[4] = {rows[0], rows[std::min<std::size_t>(1, count - 1)],
                                rows[std::min<std::size_t>(2, count - 1)], rows[count - 1]};
  for (std::size_t k = 0; k < d_; k++) {
    const double mean = mean_[k];
    for (std::size_t r = 0; r < 4; r++) {
      const double value = static_cast<double>(four[r][k]) - mean;
      x[4 * k + r] = value;
      square[r] += value * value;
    }
  }
  double* projected = scratch + 4 * d_;
  if (projected_) kernel_.project(x, axes_.data(), d_, stored_, projected);
  for (std::size_t r = 0; r < count; r++) keep(begin + r, square[r] * scale_square(), projected + r * stored_);
}

// `square`: ‖s(x − μ)‖² of row i; `projected`: its components before scaling.
void KCenterFilter::keep(std::size_t i, double square, const double* projected) {
  norms_[i] = static_cast<float>(square);
  if (!projected_) return;
  float* out = z_.data() + i * stored_;
  double captured = 0;
  std::size_t level = 0;
  for (std::size_t j = 0; j < stored_; j++) {
    if (level < kDense && j + 1 == kProjectedLengths[level]) {
      const double rest = std::sqrt(std::max(0.0, square - captured));
      if (j + 1 == stored_) out[j] = static_cast<float>(rest);
      else rest_[level][i] = static_cast<float>(rest);
      level++;
      if (j + 1 == stored_) break;
    }
    const double y = projected[j] * scale_;
    captured += y * y;
    out[j] = static_cast<float>(y);
  }
  std::array<std::uint32_t, kPlaceComponents> rank{};
  std::array<std::uint32_t, kPlaceComponents> used{};
  for (std::size_t j = 0; j < quantiles_.size(); j++) {
    const std::vector<float>& values = quantiles_[j];
    rank[j] = static_cast<std::uint32_t>(std::upper_bound(values.begin(), values.end(), out[j]) - values.begin());
  }
  std::uint32_t place = 0;
  for (const std::uint8_t j : splits_) place = place << 1 | (rank[j] >> (kQuantileBits - 1 - used[j]++) & 1u);
  places_[i] = place;
}

void KCenterFilter::read(std::size_t i, std::size_t level, float* out, float* scratch) const {
  const std::size_t p = length(level);
  if (level == kDense) {
    const float* row = features_.row(i, scratch);
    for (std::size_t k = 0; k < d_; k++) out[k] = static_cast<float>((static_cast<double>(row[k]) - mean_[k]) * scale_);
    for (std::size_t k = d_; k < p; k++) out[k] = 0;
    return;
  }
  const float* from = z(i);
  for (std::size_t k = 0; k + 1 < p; k++) out[k] = from[k];
  out[p - 1] = p == stored_ ? from[p - 1] : rest_[level][i];
}

std::size_t KCenterFilter::bytes() const {
  std::size_t total = (norms_.size() + places_.size()) * sizeof(float) + z_.size() * sizeof(float) + axes_.size() * sizeof(double);
  for (const std::vector<float>& rest : rest_) total += rest.size() * sizeof(float);
  return total;
}

}  // namespace svp::cpu

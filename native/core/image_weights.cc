#include "core/image_weights.h"

#include <algorithm>
#include <cmath>

namespace svp {

namespace {

constexpr int kPrecision = 22;
constexpr std::size_t kKept = 16;

}  // namespace

ImageWeights::ImageWeights(const ImageAxis& axis) : axis_(axis) {
  const double scale = static_cast<double>(axis_.size) / static_cast<double>(axis_.scaled);
  const double support = std::max(scale, 1.0);
  const std::size_t length = axis_.length;
  taps_ = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  first_.resize(length);
  count_.resize(length);
  values_.assign(length * taps_, 0);
  const double inverse = 1 / support;
  std::vector<double> row(taps_);
  for (std::size_t i = 0; i < length; i++) {
    const double center = (static_cast<double>(axis_.from + i) + 0.5) * scale;
    const std::int64_t first = std::max<std::int64_t>(0, static_cast<std::int64_t>(center - support + 0.5));
    const std::int64_t end = std::min<std::int64_t>(static_cast<std::int64_t>(axis_.size),
                                                    static_cast<std::int64_t>(center + support + 0.5));
    const std::size_t at = axis_.mirrored ? length - 1 - i : i;
    double sum = 0;
    for (std::int64_t x = first; x < end; x++) {
      const double distance = std::fabs((static_cast<double>(x) - center + 0.5) * inverse);
      row[x - first] = distance < 1 ? 1 - distance : 0;
      sum += row[x - first];
    }
    for (std::int64_t x = 0; x < end - first; x++) {
      const double weight = sum == 0 ? row[x] : row[x] / sum;
      values_[at * taps_ + x] = static_cast<std::int32_t>(0.5 + weight * (1 << kPrecision));
    }
    first_[at] = static_cast<std::int32_t>(first);
    count_[at] = static_cast<std::int32_t>(end - first);
    most_ = std::max(most_, static_cast<std::size_t>(end - first));
  }
  const std::size_t least = axis_.mirrored ? length - 1 : 0;
  begin_ = static_cast<std::size_t>(first_[least]);
  end_ = begin_;
  for (std::size_t i = 0; i < length; i++) {
    first_[i] -= static_cast<std::int32_t>(begin_);
    end_ = std::max(end_, begin_ + static_cast<std::size_t>(first_[i] + count_[i]));
  }
}

RowWeights ImageWeights::rows() const {
  return {axis_.length, taps_, most_, first_.data(), count_.data(), values_.data()};
}

const ImageWeights& KeptWeights::of(const ImageAxis& axis) {
  for (const ImageWeights& weights : kept_) {
    if (weights.axis() == axis) return weights;
  }
  if (kept_.size() < kKept) {
    kept_.emplace_back(axis);
    return kept_.back();
  }
  ImageWeights& weights = kept_[oldest_++ % kKept];
  weights = ImageWeights(axis);
  return weights;
}

}  // namespace svp

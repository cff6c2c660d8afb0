#include "core/image_weights.h"

#include <algorithm>
#include <cmath>

namespace svp {

namespace {

constexpr int kPrecision = 22;
constexpr std::size_t kKept = 16;

// A weight in two parts, as RowWeights has them.
std::int16_t upper(std::int32_t weight) { return static_cast<std::int16_t>(weight >> 11); }
std::int16_t lower(std::int32_t weight) { return static_cast<std::int16_t>((weight & 2047) * 4); }

}  // namespace

ImageWeights::ImageWeights(const ImageAxis& axis) : axis_(axis) {
  compute();
  pair_up();
  if (pairs_ == 0) run_up();
}

void ImageWeights::compute() {
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

void ImageWeights::pair_up() {
  const std::size_t length = axis_.length;
  blocks_ = (length + 15) / 16;
  pairs_ = (most_ + 1) / 2;
  group_first_.assign(4 * blocks_, 0);
  places_.assign(64 * blocks_, 0x80);
  split_.assign(blocks_ * pairs_ * 64, 0);
  for (std::size_t from = 0; from < length; from += 4) {
    const std::size_t end = std::min(length, from + 4);
    const std::int32_t begin = *std::min_element(&first_[from], &first_[end - 1] + 1);
    group_first_[from / 4] = begin;
    for (std::size_t i = from; i < end; i++) {
      const std::int32_t place = first_[i] - begin;
      if (place > 14) {
        pairs_ = 0;
        return;
      }
      places_[4 * i] = static_cast<std::uint8_t>(place);
      places_[4 * i + 2] = static_cast<std::uint8_t>(place + 1);
      for (std::size_t k = 0; k < 2 * pairs_ && k < taps_; k++) {
        const std::int32_t weight = values_[i * taps_ + k];
        std::int16_t* to = &split_[(i / 16 * pairs_ + k / 2) * 64 + i % 16 * 2 + k % 2];
        to[0] = upper(weight);
        to[32] = lower(weight);
      }
    }
  }
}

void ImageWeights::run_up() {
  const std::size_t length = (axis_.length + 3) / 4 * 4;
  run_ = (most_ + 15) / 16 * 16;
  split_.assign(length * 2 * run_, 0);
  // Positions that fill up the last four.
  first_.resize(length, 0);
  for (std::size_t i = 0; i < axis_.length; i++) {
    for (std::size_t k = 0; k < most_; k++) {
      split_[i * 2 * run_ + k] = upper(values_[i * taps_ + k]);
      split_[i * 2 * run_ + run_ + k] = lower(values_[i * taps_ + k]);
    }
  }
}

RowWeights ImageWeights::rows() const {
  return {axis_.length,  taps_,          most_,         first_.data(),  count_.data(), values_.data(), blocks_,
          pairs_,        group_first_.data(), places_.data(), split_.data(), run_,          split_.data()};
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

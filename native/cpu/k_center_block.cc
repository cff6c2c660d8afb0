// The block of a round: the farthest points awake, the products of all its pairs, and the greedy loop inside it.
#include <algorithm>
#include <chrono>
#include <cmath>

#include "cpu/k_center_backend.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kSmallestBlock = 32;
constexpr std::size_t kLargestBlock = 2048;  // its products take 16 MiB
constexpr std::size_t kFirstBlock = 64;
constexpr std::size_t kBlockColumns = 32;    // length of z for pairs of the block, where it is projected

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void CpuKCenters::build_block() {
  if (block_size_ == 0) block_size_ = kFirstBlock;
  const std::size_t most = tuning_.block > 0 ? tuning_.block : block_size_;
  double farthest = 0;
  for (const std::uint32_t i : awake_) farthest = std::max(farthest, state_.m[i]);
  // Where nothing is left to gain the rows follow each other: all in one block, without products.
  const std::size_t size = farthest > 0 ? std::min(most, awake_.size()) : awake_.size();
  const auto order = [&](std::uint32_t x, std::uint32_t y) { return before(x, y); };
  boundary_ = {threshold_, kNoCenter};  // every sleeping point is below this
  if (size < awake_.size()) {
    std::nth_element(awake_.begin(), awake_.begin() + static_cast<std::ptrdiff_t>(size), awake_.end(), order);
    boundary_ = {state_.m[awake_[size]], awake_[size]};
  }
  block_.assign(awake_.begin(), awake_.begin() + static_cast<std::ptrdiff_t>(size));
  std::sort(block_.begin(), block_.end());  // then the first of equals is the lowest row
  alive_.resize(size);
  for (std::size_t i = 0; i < size; i++) alive_[i] = static_cast<std::uint32_t>(i);
  if (farthest > 0) products_of_block();
  block_open_ = true;
}

void CpuKCenters::products_of_block() {
  block_level_ = kDense;
  if (filter_.projected()) {
    for (std::size_t level = 0; level < kDense && filter_.has(level); level++) {
      block_level_ = level;
      if (filter_.length(level) >= kBlockColumns) break;
    }
    if (tuning_.filter == KCenterTuning::Filter::dense || counters_.filter_columns == filter_.length(kDense)) {
      block_level_ = kDense;
    }
  }
  const std::size_t size = block_.size();
  const std::size_t p = filter_.length(block_level_);
  const std::size_t rows = kernel_.rows;
  const std::size_t columns = kernel_.columns;
  const std::size_t row_panels = (size + rows - 1) / rows;
  const std::size_t column_panels = (size + columns - 1) / columns;
  stride_ = column_panels * columns;
  packed_rows_.require(row_panels * rows * p);
  packed_columns_.require(stride_ * p);
  products_.require(row_panels * rows * stride_);
  const KCenterBound& bound = filter_.bound(block_level_);

  pool_.parallel_for(column_panels, 4, [&](std::size_t begin, std::size_t end, unsigned) {
    std::vector<float> scratch(2 * filter_.length(kDense) + 64);
    for (std::size_t q = begin; q < end; q++) {
      pack_rows(filter_, block_level_, block_.data() + q * columns, std::min(columns, size - q * columns), columns,
                packed_columns_.data() + q * columns * p, scratch.data());
    }
  });
  pool_.parallel_for(row_panels, 4, [&](std::size_t begin, std::size_t end, unsigned) {
    control_.check();
    std::vector<float> scratch(2 * filter_.length(kDense) + 64);
    for (std::size_t q = begin; q < end; q++) {
      pack_rows(filter_, block_level_, block_.data() + q * rows, std::min(rows, size - q * rows), rows,
                packed_rows_.data() + q * rows * p, scratch.data());
      kernel_.store(p, packed_rows_.data() + q * rows * p, packed_columns_.data(), columns * p, column_panels,
                    products_.data() + q * rows * stride_, stride_, columns, false);
    }
  });
  block_norms_.resize(size);
  block_limits_.resize(size);
  for (std::size_t i = 0; i < size; i++) {
    block_norms_[i] = bound.column_threshold(filter_.norm(block_[i]));
    block_limits_[i] = bound.row_threshold(filter_.norm(block_[i]), state_.m[block_[i]] * filter_.scale_square());
  }
}

const std::vector<KCenterPick>& CpuKCenters::pick(std::size_t limit, double stop) {
  const double start = now();
  picks_.clear();
  if (!block_open_) return picks_;
  const KCenterBound& bound = filter_.bound(block_level_);
  std::vector<float> center_scratch(features_.columns());
  std::vector<float> point_scratch(features_.columns());
  const auto ahead = [&](std::uint32_t row) {
    return state_.m[row] != boundary_.m ? state_.m[row] > boundary_.m : row < boundary_.row;
  };
  bool exhausted = true;
  while (!alive_.empty()) {
    if (picks_.size() == limit) {
      exhausted = false;
      break;
    }
    std::size_t best = 0;
    double best_m = state_.m[block_[alive_[0]]];
    for (std::size_t t = 1; t < alive_.size(); t++) {
      const double m = state_.m[block_[alive_[t]]];
      if (m > best_m) {
        best = t;
        best_m = m;
      }
    }
    if (!(best_m > stop)) {
      exhausted = false;
      break;
    }
    if (best_m == 0) {  // all others are 0 as well, and stay so
      const std::size_t taken = std::min(alive_.size(), limit - picks_.size());
      for (std::size_t t = 0; t < taken; t++) {
        const std::uint32_t row = block_[alive_[t]];
        state_.taken[row] = 1;
        state_.applied[row] = static_cast<std::uint32_t>(centers_.size());
        centers_.push_back(row);
        picks_.push_back({row, 0});
      }
      alive_.erase(alive_.begin(), alive_.begin() + static_cast<std::ptrdiff_t>(taken));
      continue;
    }
    const std::uint32_t at = alive_[best];
    const std::uint32_t center = block_[at];
    alive_.erase(alive_.begin() + static_cast<std::ptrdiff_t>(best));
    control_.check();
    state_.taken[center] = 1;
    state_.applied[center] = static_cast<std::uint32_t>(centers_.size());
    centers_.push_back(center);
    picks_.push_back({center, best_m});
    const std::uint32_t position = static_cast<std::uint32_t>(centers_.size() - 1);
    const float* c = features_.row(center, center_scratch.data());
    const float* products = products_.data() + at * stride_;
    const float norm = block_norms_[at];
    std::size_t kept = 0;
    for (const std::uint32_t i : alive_) {
      if (!(products[i] - (block_limits_[i] + norm) < 0)) {
        const std::uint32_t row = block_[i];
        const double d2 = distance_(features_.row(row, point_scratch.data()), c, features_.columns());
        counters_.exact++;
        if (d2 < state_.m[row]) {
          state_.m[row] = d2;
          state_.nearest[row] = position;
          block_limits_[i] = bound.row_threshold(filter_.norm(row), d2 * filter_.scale_square());
          if (!ahead(row)) {
            state_.applied[row] = position + 1;
            continue;
          }
        }
      }
      alive_[kept++] = i;
    }
    alive_.resize(kept);
  }
  for (const std::uint32_t i : alive_) state_.applied[block_[i]] = static_cast<std::uint32_t>(centers_.size());
  if (exhausted) {
    block_open_ = false;
    if (tuning_.block == 0) {
      // Most of the block accepted: a larger one saves rounds. Hardly any: its products were for nothing.
      if (2 * picks_.size() >= block_.size()) block_size_ = std::min(kLargestBlock, block_size_ * 2);
      else if (8 * picks_.size() < block_.size()) block_size_ = std::max(kSmallestBlock, block_size_ / 2);
    }
  }
  counters_.block_seconds += now() - start;
  return picks_;
}

}  // namespace svp::cpu

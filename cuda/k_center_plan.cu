// What a selection needs before it begins: the center and the scale of the filter, and a plan for the memory.
#include <algorithm>
#include <cmath>

#include "k_center_greedy.h"

namespace svp::cuda {

namespace {

constexpr std::size_t kMostPairs = std::size_t{1} << 26;  // 1 GiB
constexpr std::size_t kMeanSample = 4096;                 // rows
constexpr int kAttempts = 6;                              // at a plan for memory, each with half of the last

}  // namespace

void KCenters::find_mean() {
  const std::size_t rows = reader_.rows();
  const std::size_t columns = reader_.columns();
  const std::size_t count = std::min(rows, kMeanSample);
  std::vector<double> sum(columns, 0.0);
  std::vector<float> scratch(columns);
  for (std::size_t j = 0; j < count; j++) {
    const float* row = reader_.row(j * rows / count, scratch.data());
    for (std::size_t k = 0; k < columns; k++) sum[k] += static_cast<double>(row[k]) / static_cast<double>(count);
  }
  facts_.mean.resize(columns);
  for (std::size_t k = 0; k < columns; k++) facts_.mean[k] = static_cast<float>(sum[k]);
}

void KCenters::prepare(double largest) {
  facts_.reader = &reader_;
  facts_.job = &job_;
  facts_.type = setting_text(settings_, "filter") == "tf32" ? FilterType::tensor : FilterType::brain;
  find_mean();
  // |x − μ| ≤ 2·largest in every column, so s·‖x − μ‖ ≤ 1.
  const double bound = 2 * largest * std::sqrt(static_cast<double>(std::max<std::size_t>(1, reader_.columns())));
  int exponent = 0;
  if (bound > 0) std::frexp(bound * 1.0001, &exponent);
  facts_.scale = std::ldexp(1.0, -exponent);
  double share = 1;
  for (int attempt = 1;; attempt++) {
    try {
      make_shares(share);
      return;
    } catch (const Error& error) {
      shares_.clear();
      if (error.code != ErrorCode::memory || attempt == kAttempts) throw;
      share /= 2;  // smaller tiles, smaller lists
    }
  }
}

void KCenters::make_shares(double share_of_memory) {
  const std::size_t columns = reader_.columns();
  const std::size_t rows = reader_.rows();
  const std::size_t count = std::min(devices_.size(), std::max<std::size_t>(1, rows));
  std::vector<std::size_t> memory;
  for (std::size_t s = 0; s < count; s++) {
    use_device(devices_[s]);
    const double limit = std::min(static_cast<double>(free_memory()) * 0.92,
                                  static_cast<double>(setting(settings_, "memory", ~std::uint64_t{0})));
    memory.push_back(static_cast<std::size_t>(limit * share_of_memory));
  }
  const std::size_t least = *std::min_element(memory.begin(), memory.end());
  // A block of B rows costs its features once and B² distances.
  std::size_t block = wanted_block_ > 0 ? std::min(wanted_block_, kLargestBlock) : kLargestBlock;
  while (block > kSmallestBlock && block * (block * 8 + columns * 4) > least / 8) block /= 2;
  facts_.block = std::max<std::size_t>(1, std::min(block, rows));
  std::size_t pairs = setting(settings_, "list", kMostPairs);
  pairs = std::min(pairs, least / 8 / (sizeof(Pair) + sizeof(double)));
  pairs = std::min(pairs, (rows + kTile) * kLargestBlock);
  facts_.pairs = std::max(pairs, kTile * kSmallestBlock);
  facts_.batch = std::min(kLargestBlock, facts_.pairs / kTile);
  while (facts_.batch > kSmallestBlock && facts_.batch * columns * 8 > least / 8) facts_.batch /= 2;

  use_device(devices_[0]);
  block_members_.resize(facts_.block);
  block_x_.resize(facts_.block * columns);
  block_rows_.resize(facts_.block);
  squares_.resize(facts_.block * facts_.block);
  pick_header_.resize(1);
  pick_list_.resize(kMostPicks);
  block_upload_.resize(facts_.block);
  rows_upload_.resize(facts_.block);
  pick_result_.resize(1);
  picks_result_.resize(kMostPicks);
  const std::size_t lead = block_members_.bytes() + block_x_.bytes() + block_rows_.bytes() + squares_.bytes();
  counters_.bytes = lead;
  shares_.clear();
  for (std::size_t s = 0; s < count; s++) {
    const std::size_t left = s == 0 ? memory[s] - std::min(memory[s], lead) : memory[s];
    shares_.push_back(
        std::make_unique<KCenterShare>(devices_[s], rows * s / count, rows * (s + 1) / count, facts_, left));
    counters_.bytes += shares_.back()->bytes();
  }
}

}  // namespace svp::cuda

#include "cpu/k_center_backend.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

namespace svp::cpu {

namespace {

constexpr std::size_t kSampled = 16384;  // values of m that set the next threshold

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

CpuKCenters::CpuKCenters(const FeatureSource& features, InstructionSet set, ThreadPool& pool,
                         const KCenterTuning& tuning, const JobControl& control)
    : features_(features),
      set_(set),
      kernel_(product_kernel(set)),
      distance_(squared_distance(set)),
      tuning_(tuning),
      pool_(pool),
      control_(control),
      filter_(features, kernel_, tuning) {}

std::string CpuKCenters::name() const { return "cpu"; }

void CpuKCenters::load(double largest, std::uint32_t first_center) {
  const std::size_t n = features_.rows();
  const double start = now();
  filter_.prepare(largest, pool_, control_);
  update_ = std::make_unique<KCenterUpdate>(features_, filter_, kernel_, distance_, tuning_, pool_, control_);
  state_.m.assign(n, std::numeric_limits<double>::infinity());
  state_.applied.assign(n, 0);
  state_.nearest.assign(n, kNoCenter);
  state_.taken.assign(n, 0);
  add_center(first_center);
  map_rows(first_center);
  threshold_ = std::numeric_limits<double>::infinity();
  counters_.load_seconds += now() - start;
}

void CpuKCenters::restore(double largest, const std::vector<std::uint32_t>& centers, KCenterState state) {
  const std::size_t n = features_.rows();
  const double start = now();
  filter_.prepare(largest, pool_, control_);
  update_ = std::make_unique<KCenterUpdate>(features_, filter_, kernel_, distance_, tuning_, pool_, control_);
  state_ = std::move(state);
  state_.m.resize(n, std::numeric_limits<double>::infinity());
  state_.applied.resize(n, 0);
  state_.nearest.resize(n, kNoCenter);
  state_.taken.resize(n, 0);
  centers_ = centers;
  for (const std::uint32_t row : centers_) state_.taken[row] = 1;
  map_rows(kNoCenter);
  threshold_ = std::numeric_limits<double>::infinity();
  counters_.load_seconds += now() - start;
}

void CpuKCenters::map_rows(std::uint32_t first) {
  std::vector<float> center(features_.columns());
  if (first != kNoCenter) {
    const float* row = features_.row(first, center.data());
    if (row != center.data()) std::copy_n(row, features_.columns(), center.data());
  }
  const std::size_t grain = std::max<std::size_t>(1, (std::size_t{1} << 17) / std::max<std::size_t>(1, features_.columns()));
  pool_.parallel_for(features_.rows(), grain, [&](std::size_t begin, std::size_t end, unsigned) {
    control_.check();
    const std::size_t d = features_.columns();
    std::vector<float> read(4 * d);
    std::vector<double> scratch(filter_.map_scratch());
    for (std::size_t i = begin; i < end; i += 4) {
      const std::size_t count = std::min<std::size_t>(4, end - i);
      const float* rows[4];
      for (std::size_t r = 0; r < 4; r++) {
        rows[r] = r < count ? features_.row(i + r, read.data() + r * d) : rows[count - 1];
      }
      filter_.map(i, count, rows, scratch.data());
      if (first == kNoCenter) continue;
      for (std::size_t r = 0; r < count; r++) {
        state_.m[i + r] = distance_(rows[r], center.data(), d);
        state_.applied[i + r] = 1;
        state_.nearest[i + r] = 0;
      }
    }
  });
}

void CpuKCenters::add_center(std::uint32_t row) {
  // A taken row keeps its last m, which says which center it belongs to.
  state_.taken[row] = 1;
  centers_.push_back(row);
  block_open_ = false;
}

double CpuKCenters::distance(std::uint32_t row) {
  due_.assign(1, row);
  update_->refresh(due_, centers_, state_, counters_);
  return state_.m[row];
}

bool CpuKCenters::wake() {
  const double start = now();
  const std::size_t n = features_.rows();
  const std::size_t wanted = tuning_.wake > 0 ? tuning_.wake : std::clamp<std::size_t>(n / 12, 1024, 131072);
  const std::size_t stride = std::max<std::size_t>(1, n / kSampled);
  sample_.clear();
  for (std::size_t i = 0; i < n; i += stride) {
    if (!state_.taken[i]) sample_.push_back(state_.m[i]);
  }
  if (sample_.empty()) {
    for (std::size_t i = 0; i < n; i++) {
      if (!state_.taken[i]) sample_.push_back(state_.m[i]);
    }
    if (sample_.empty()) return false;
  }
  const std::size_t rank = std::min(sample_.size() - 1, wanted / stride);
  std::nth_element(sample_.begin(), sample_.begin() + static_cast<std::ptrdiff_t>(rank), sample_.end(),
                   [](double x, double y) { return x > y; });
  threshold_ = sample_[rank];
  awake_.clear();
  for (std::size_t i = 0; i < n; i++) {
    if (state_.m[i] >= threshold_ && !state_.taken[i]) awake_.push_back(static_cast<std::uint32_t>(i));
  }
  counters_.epochs++;
  counters_.wake_seconds += now() - start;
  return true;
}

double CpuKCenters::open_round() {
  const auto sleeps = [&](std::uint32_t i) { return state_.taken[i] || state_.m[i] < threshold_; };
  for (;;) {
    control_.check();
    awake_.erase(std::remove_if(awake_.begin(), awake_.end(), sleeps), awake_.end());
    if (awake_.empty() && !wake()) return -1;
    const double start = now();
    due_ = awake_;
    update_->refresh(due_, centers_, state_, counters_);
    counters_.update_seconds += now() - start;
    awake_.erase(std::remove_if(awake_.begin(), awake_.end(), sleeps), awake_.end());
    if (!awake_.empty()) break;
  }
  const double start = now();
  build_block();
  counters_.rounds++;
  counters_.block_seconds += now() - start;
  double farthest = 0;
  for (const std::uint32_t at : alive_) farthest = std::max(farthest, state_.m[block_[at]]);
  return farthest;
}

const KCenterCounters& CpuKCenters::counters() const {
  std::uint64_t bytes = filter_.bytes() + (update_ ? update_->bytes() : 0);
  bytes += state_.m.size() * (sizeof(double) + 2 * sizeof(std::uint32_t) + 1);
  bytes += (awake_.capacity() + due_.capacity() + centers_.capacity()) * sizeof(std::uint32_t);
  bytes += (products_.size() + packed_rows_.size() + packed_columns_.size()) * sizeof(float);
  counters_.bytes = std::max(counters_.bytes, bytes);
  return counters_;
}

void CpuKCenters::refresh_all() {
  constexpr std::size_t kBatch = std::size_t{1} << 17;
  const double start = now();
  // A center that had heard of all before it when it was taken needs no more: it is its own nearest, or lies on an
  // earlier one. Centers of an initial pool were taken unheard.
  std::vector<std::uint8_t> settled(features_.rows(), 0);
  for (std::size_t c = 0; c < centers_.size(); c++) settled[centers_[c]] = state_.applied[centers_[c]] >= c;
  for (std::size_t begin = 0; begin < features_.rows(); begin += kBatch) {
    due_.clear();
    for (std::size_t i = begin; i < std::min(features_.rows(), begin + kBatch); i++) {
      if (!settled[i]) due_.push_back(static_cast<std::uint32_t>(i));
    }
    update_->refresh(due_, centers_, state_, counters_);
  }
  counters_.update_seconds += now() - start;
}

}  // namespace svp::cpu

namespace svp {

std::unique_ptr<KCenterBackend> cpu_k_center_backend(const FeatureSource& features, InstructionSet set,
                                                     ThreadPool& pool, const KCenterTuning& tuning,
                                                     const JobControl& control) {
  return std::make_unique<cpu::CpuKCenters>(features, set, pool, tuning, control);
}

}  // namespace svp

#include "k_center_greedy.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace svp::cuda {

namespace {

constexpr std::size_t kWaitingCenters = 64;               // that distance() looks at by itself
// Above this share of pairs decided in float64, a filter of twice the cost that lets an eighth through is worth it.
constexpr double kHardShare = 0.004;

// D2 as the definition has it, for the few that the host needs.
double squared_distance(const float* x, const float* y, std::size_t columns) {
  double a[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (std::size_t k = 0; k < columns; k++) {
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    const double square = difference * difference;
    a[k % 8] += square;
  }
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

bool before(double m, std::uint32_t row, double other_m, std::uint32_t other_row) {
  return m > other_m || (m == other_m && row < other_row);
}

}  // namespace

KCenters::KCenters(const SvpCudaFeatures& features, const SvpCudaJob& job, std::vector<int> devices,
                   std::string settings, std::size_t block)
    : reader_(features), job_(job), devices_(std::move(devices)), settings_(std::move(settings)), wanted_block_(block) {}

void KCenters::load(double largest, std::uint32_t first_center) {
  prepare(largest);
  for (const auto& share : shares_) share->set_state(nullptr);
  add_center(first_center);
  apply_batch(1, true);
}

void KCenters::restore(double largest, std::vector<std::uint32_t> centers, const KCenterState& state) {
  prepare(largest);
  for (const auto& share : shares_) share->set_state(&state);
  centers_ = std::move(centers);
  // A state of the processor's knows rows that have heard of fewer centers than others: all hear of them again, which
  // changes nothing for those who had.
  std::size_t heard = state.m.size() < reader_.rows() ? 0 : centers_.size();
  for (const std::uint32_t applied : state.applied) heard = std::min<std::size_t>(heard, applied);
  applied_ = heard;
  // Rows without a center would let every pair through the filter.
  if (applied_ == 0 && !centers_.empty()) apply_batch(1, true);
}

void KCenters::add_center(std::uint32_t row) {
  centers_.push_back(row);
  block_open_ = false;
}

double KCenters::distance(std::uint32_t row) {
  if (centers_.size() - applied_ > kWaitingCenters) apply_pending();
  double m = 0;
  for (const auto& share : shares_) {
    if (row >= share->begin() && row - share->begin() < share->rows()) m = share->read_m(row);
  }
  std::vector<float> mine(reader_.columns());
  std::vector<float> other(reader_.columns());
  const float* x = reader_.row(row, mine.data());
  for (std::size_t c = applied_; c < centers_.size(); c++) {
    m = std::min(m, squared_distance(x, reader_.row(centers_[c], other.data()), reader_.columns()));
  }
  return m;
}

// The next `count` centers that the rows have not heard of.
void KCenters::apply_batch(std::size_t count, bool exactly) {
  const auto begin = centers_.begin() + static_cast<std::ptrdiff_t>(applied_);
  const std::vector<std::uint32_t> rows(begin, begin + static_cast<std::ptrdiff_t>(count));
  if (single()) {
    shares_[0]->gather_centers(rows);
  } else {
    host_rows_.resize(count * reader_.columns());
    reader_.read(count, host_rows_.data(), [&](std::size_t j) { return rows[j]; });
    for (const auto& share : shares_) share->set_centers(host_rows_.data(), count);
  }
  for (const auto& share : shares_) share->apply(count, static_cast<std::uint32_t>(applied_), exactly);
  // The copies above may still read host_rows_ where they are not staged by CUDA.
  if (!single()) {
    for (const auto& share : shares_) {
      use_device(share->device());
      synchronize(share->stream());
    }
  }
  applied_ += count;
  counters_.pairs += exactly ? 0 : count * reader_.rows();
  counters_.exact += exactly ? count * reader_.rows() : 0;
}

void KCenters::apply_pending() {
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  while (applied_ < centers_.size()) {
    // Where few centers are known, most new ones matter to most rows: a batch about as large as what is known already
    // lets each row decide a few pairs, however many centers there are in all.
    const std::size_t most = std::min(facts_.batch, std::max(kFirstBlock, applied_));
    apply_batch(std::min(most, centers_.size() - applied_), false);
  }
  counters_.update_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void KCenters::mark_pending() {
  const std::vector<std::uint32_t> rows(centers_.begin() + static_cast<std::ptrdiff_t>(marked_), centers_.end());
  for (const auto& share : shares_) share->mark(rows);
  marked_ = centers_.size();
}

void KCenters::adapt_block() {
  if (wanted_block_ > 0) block_size_ = facts_.block;
  else if (block_size_ == 0) block_size_ = kFirstBlock;
  else if (2 * block_picked_ >= block_count_) block_size_ *= 2;
  else if (8 * block_picked_ < block_count_) block_size_ = std::max(kSmallestBlock, block_size_ / 2);
  block_size_ = std::min(block_size_, facts_.block);
}

double KCenters::open_round() {
  job_.check();
  // Where the farthest row lies on a center already, no later center changes anything.
  if (farthest_ == 0) applied_ = centers_.size();
  apply_pending();
  mark_pending();
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  adapt_block();
  for (const auto& share : shares_) share->select(block_size_);
  members_.clear();
  std::vector<SelectHeader> headers;
  for (const auto& share : shares_) headers.push_back(share->selected(members_));
  const auto order = [](const Member& a, const Member& b) { return before(a.m, a.row, b.m, b.row); };
  boundary_ = {0, 0, -1.0, kNone, 0};
  const auto outside = [&](double m, std::uint32_t row) {
    if (before(m, row, boundary_.boundary_m, boundary_.boundary_row)) {
      boundary_.boundary_m = m;
      boundary_.boundary_row = row;
    }
  };
  if (members_.size() > block_size_) {  // several devices found as many each
    std::nth_element(members_.begin(), members_.begin() + static_cast<std::ptrdiff_t>(block_size_), members_.end(),
                     order);
    for (std::size_t i = block_size_; i < members_.size(); i++) outside(members_[i].m, members_[i].row);
    members_.resize(block_size_);
  }
  for (const SelectHeader& header : headers) {
    if (header.more != 0) outside(header.boundary_m, header.boundary_row);
  }
  counters_.rounds++;
  std::uint64_t decided = 0;
  for (const auto& share : shares_) decided += share->decided();
  counters_.refined = decided;
  const double pairs = static_cast<double>(counters_.pairs - pairs_before_);
  const bool hard = static_cast<double>(decided - decided_before_) > kHardShare * pairs && pairs > 0;
  if (hard && applied_ > 4096 && facts_.type == FilterType::brain && setting_text(settings_, "filter").empty()) {
    facts_.type = FilterType::tensor;
    for (const auto& share : shares_) share->change_type(FilterType::tensor);
  }
  pairs_before_ = counters_.pairs;
  decided_before_ = decided;
  block_count_ = members_.size();
  block_picked_ = 0;
  block_open_ = !members_.empty();
  farthest_ = -1;
  for (const Member& member : members_) farthest_ = std::max(farthest_, member.m);
  if (!block_open_) return -1;

  const std::size_t columns = reader_.columns();
  const Stream stream = shares_[0]->stream();
  use_device(devices_[0]);
  std::copy(members_.begin(), members_.end(), block_upload_.data());
  copy_to_device(block_members_.data(), block_upload_.data(), block_count_ * sizeof(Member), stream);
  if (single()) {
    for (std::size_t i = 0; i < block_count_; i++) rows_upload_[i] = members_[i].row;
    copy_to_device(block_rows_.data(), rows_upload_.data(), block_count_ * sizeof(std::uint32_t), stream);
    gather_rows(shares_[0]->features(), columns, block_rows_.data(), block_count_, block_x_.data(),
                shares_[0]->processors(), stream);
  } else {
    host_rows_.resize(block_count_ * columns);
    reader_.read(block_count_, host_rows_.data(), [&](std::size_t j) { return members_[j].row; });
    copy_to_device(block_x_.data(), host_rows_.data(), host_rows_.size() * sizeof(float), stream);
    synchronize(stream);
  }
  square_distances({block_x_.data(), block_x_.data(), block_count_, block_count_, columns, squares_.data(),
                    block_count_, true, false},
                   stream);
  counters_.exact += block_count_ * (block_count_ + 1) / 2;
  counters_.block_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return farthest_;
}

const std::vector<SvpCudaPick>& KCenters::pick(std::size_t limit, double stop) {
  const std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  picks_.clear();
  while (block_open_ && picks_.size() < limit) {
    job_.check();
    use_device(devices_[0]);
    const Stream stream = shares_[0]->stream();
    const auto most = static_cast<std::uint32_t>(std::min<std::size_t>(limit - picks_.size(), kMostPicks));
    pick_in_block({block_members_.data(), static_cast<std::uint32_t>(block_count_), squares_.data(), block_count_,
                   boundary_.boundary_m, boundary_.boundary_row, most, stop, pick_header_.data(), pick_list_.data()},
                  stream);
    copy_to_host(pick_result_.data(), pick_header_.data(), sizeof(PickHeader), stream);
    copy_to_host(picks_result_.data(), pick_list_.data(), most * sizeof(Pick), stream);
    synchronize(stream);
    const PickHeader result = pick_result_[0];
    for (std::uint32_t i = 0; i < result.picks; i++) {
      picks_.push_back({picks_result_[i].m, picks_result_[i].row, 0});
      centers_.push_back(picks_result_[i].row);
    }
    block_picked_ += result.picks;
    if (result.exhausted != 0) block_open_ = false;
    else if (result.picks < most) break;  // the next one is not above `stop`
  }
  counters_.block_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return picks_;
}

void KCenters::refresh_all() { apply_pending(); }

void KCenters::read_state(KCenterState& state) {
  const std::size_t rows = reader_.rows();
  state.m.resize(rows);
  state.nearest.resize(rows);
  state.applied.assign(rows, static_cast<std::uint32_t>(applied_));
  state.taken.assign(rows, 0);
  for (const std::uint32_t row : centers_) state.taken[row] = 1;
  for (const auto& share : shares_) share->read_state(state);
}

void KCenters::counters(SvpCudaCounters& out) const {
  out = counters_;
  out.filter_columns = filter_row_length(facts_.type, reader_.columns());
}

}  // namespace svp::cuda

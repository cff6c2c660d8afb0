// The backend-neutral part: which pool, in which order, when to stop, what to report, when to save.
#include "svp/k_center_greedy.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include "core/k_center_checkpoint.h"
#include "core/k_center_start.h"
#include "svp/error.h"
#include "svp/thread_pool.h"

namespace svp {

namespace {

using Clock = std::chrono::steady_clock;

// Picks between two looks at the clock and the cancel flag.
constexpr std::size_t kPicksAtOnce = 256;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The largest m whose root is at most `radius`: a pick must be above it. −1 for no limit.
double stop_square(double radius) {
  if (!(radius >= 0)) return -1;
  double square = radius * radius;
  while (std::sqrt(square) > radius) square = std::nextafter(square, 0.0);
  while (std::isfinite(square) && std::sqrt(std::nextafter(square, HUGE_VAL)) <= radius) {
    square = std::nextafter(square, HUGE_VAL);
  }
  return square;
}

class Selection {
 public:
  Selection(const FeatureSource& features, const KCenterOptions& options, InstructionSet set, JobControl& control,
            const KCenterOutput& output)
      : given_(features),
        options_(options),
        set_(set),
        control_(control),
        indices_(output.indices),
        radii_(output.radii),
        assignments_(output.assignments),
        pool_(options.threads),
        stop_(stop_square(options.radius)),
        started_(Clock::now()) {}

  KCenterResult run() {
    check_runs();
    device_ = plan_k_center_device(options_, given_);
    result_.device_note = device_.note;
    const FeatureSource* features = &given_;
    std::unique_ptr<FeatureSource> unit;
    const std::size_t saved_rows = open_checkpoint();
    // The given features are scanned, so that a message names the value as the caller wrote it.
    scan_ = scan_features(given_, saving(), saved_rows, pool_, control_);
    if (options_.cosine) {
      unit = unit_features(given_, set_, pool_, control_);
      features = unit.get();
      scan_.largest = 1;
    }
    if (saving()) match_checkpoint();
    result_.picked.assign(options_.runs.size(), 0);
    std::size_t initial_before = 0;
    for (std::size_t r = 0; r < options_.runs.size(); r++) {
      run_one(*features, r, initial_before);
      initial_before += options_.runs[r].initial.size();
    }
    control_.fraction.store(1.0, std::memory_order_relaxed);
    result_.seconds = seconds_since(started_);
    return std::move(result_);
  }

 private:
  // Share of the whole selection's work that `picks` of it take: early picks cost most, as each of them still concerns
  // many rows. Measured on trained features and noise, 10 % to 100 % of a pool: exponents from 0.45 to 0.7.
  double work_of(std::size_t picks) const {
    return total_ > 0 ? std::pow(static_cast<double>(picks) / static_cast<double>(total_), 0.55) : 1;
  }
  bool saving() const { return !options_.checkpoint.empty(); }
  void check_runs();
  std::size_t open_checkpoint();
  void match_checkpoint();
  void save(std::size_t run, KCenterBackend& backend);
  void run_one(const FeatureSource& features, std::size_t r, std::size_t initial_before);
  void greedy(KCenterBackend& backend, std::size_t r, const std::vector<std::uint32_t>& initial,
              const std::vector<std::uint32_t>& first);
  void record(std::uint32_t row, double m);
  void assign(KCenterBackend& backend, const KCenterRun& run, std::size_t initial_before);

  const FeatureSource& given_;
  const KCenterOptions& options_;
  const InstructionSet set_;
  JobControl& control_;
  std::uint32_t* const indices_;
  double* const radii_;
  std::uint32_t* const assignments_;
  ThreadPool pool_;
  const double stop_;
  const Clock::time_point started_;
  Clock::time_point saved_at_ = Clock::now();
  FeatureScan scan_;
  KCenterCheckpoint saved_;        // what was found on disk
  bool resuming_ = false;
  std::size_t saved_start_ = 0;    // where the next run's picks begin in saved_
  std::size_t total_ = 0;          // budgets together
  DevicePlan device_;
  std::size_t done_ = 0;           // picks readable
  std::size_t run_start_ = 0;      // done_ when this run began
  double work_before_ = 0;         // share of the work that was done when this run began
  const std::vector<std::uint32_t>* rows_ = nullptr;  // of this run's class; null: the whole pool
  KCenterResult result_;
};

void Selection::check_runs() {
  for (const KCenterRun& run : options_.runs) {
    const std::size_t rows = run.whole_pool ? given_.rows() : run.rows.size();
    const std::size_t available = rows - std::min(rows, run.initial.size());
    if (run.budget > available) {
      throw Error(ErrorCode::budget, "budget is " + std::to_string(run.budget) + ", but only " +
                                         std::to_string(available) + " rows can be picked.");
    }
    total_ += run.budget;
  }
  control_.total.store(total_, std::memory_order_relaxed);
}

void Selection::record(std::uint32_t row, double m) {
  indices_[done_] = rows_ == nullptr ? row : (*rows_)[row];
  radii_[done_] = std::sqrt(m);
  done_++;
  control_.done.store(done_, std::memory_order_release);
  if (std::isfinite(m)) control_.radius.store(std::sqrt(m), std::memory_order_relaxed);
}

// Positions of pool rows within a class, whose rows are ascending.
std::vector<std::uint32_t> local_rows(const KCenterRun& run, const std::vector<std::uint32_t>& rows) {
  if (run.whole_pool) return rows;
  std::vector<std::uint32_t> local;
  local.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    const auto at = std::lower_bound(run.rows.begin(), run.rows.end(), row);
    if (at == run.rows.end() || *at != row) throw Error(ErrorCode::internal, "A center is not in its class.");
    local.push_back(static_cast<std::uint32_t>(at - run.rows.begin()));
  }
  return local;
}

void Selection::run_one(const FeatureSource& features, std::size_t r, std::size_t initial_before) {
  const KCenterRun& run = options_.runs[r];
  run_start_ = done_;
  rows_ = run.whole_pool ? nullptr : &run.rows;
  // Picks known from the checkpoint. More than the budget: the prefix is the answer.
  std::size_t known = 0;
  if (resuming_ && r <= saved_.run) {
    known = std::min<std::size_t>(saved_.picked[r], run.budget);
    std::copy_n(saved_.indices.begin() + static_cast<std::ptrdiff_t>(saved_start_), known, indices_ + done_);
    std::copy_n(saved_.radii.begin() + static_cast<std::ptrdiff_t>(saved_start_), known, radii_ + done_);
    done_ += known;
    saved_start_ += saved_.picked[r];
    result_.resumed_picks += known;
    control_.resumed.store(result_.resumed_picks, std::memory_order_relaxed);
    work_before_ = std::min(work_of(done_), 0.999);
    control_.done.store(done_, std::memory_order_release);
  }
  const bool whole = known == run.budget;
  result_.picked[r] = known;
  if (resuming_ && (r < saved_.run || whole) && assignments_ == nullptr) return;
  const bool nothing = run.initial.empty() && run.budget == 0;
  const bool empty = run.whole_pool ? given_.rows() == 0 : run.rows.empty();
  if (nothing && (assignments_ == nullptr || empty)) return;
  if (nothing) throw Error(ErrorCode::option, "assignments need at least one center: give a budget or an initial pool.");
  std::unique_ptr<FeatureSource> part;
  if (!run.whole_pool) part = subset_features(features, run.rows);
  const FeatureSource& source = part ? *part : features;
  const std::vector<std::uint32_t> initial = local_rows(run, run.initial);
  const std::vector<std::uint32_t> first = local_rows(run, run.first);

  std::vector<std::uint32_t> centers = initial;
  const std::vector<std::uint32_t> picks = local_rows(run, {indices_ + run_start_, indices_ + done_});
  centers.insert(centers.end(), picks.begin(), picks.end());
  const bool restored = resuming_ && r == saved_.run && known == saved_.picked[r];
  if (!restored && centers.empty()) {
    centers.push_back(first[0]);
    record(first[0], HUGE_VAL);
  }
  const KCenterStart start{source, options_, set_, pool_, control_};
  const std::unique_ptr<KCenterBackend> backend = start_k_centers(start, device_, [&](KCenterBackend& fresh) {
    if (restored) {
      fresh.restore(scan_.largest, centers, saved_.state);
    } else {
      fresh.load(scan_.largest, centers[0]);
      for (std::size_t c = 1; c < centers.size(); c++) fresh.add_center(centers[c]);
    }
  });
  if (restored) saved_.state = {};
  result_.device_note = device_.note;
  // Classes may end up on both sides.
  if (!result_.backend.empty() && result_.backend != backend->name()) result_.backend = "cuda, then cpu";
  else result_.backend = backend->name();
  const std::size_t before = done_;
  if (r >= saved_.run || !resuming_) greedy(*backend, r, initial, first);
  if (saving() && done_ > before) save(r, *backend);
  result_.picked[r] = done_ - run_start_;
  if (assignments_ != nullptr) {
    backend->refresh_all();
    assign(*backend, run, initial_before);
  }
  const KCenterCounters& c = backend->counters();
  KCenterCounters& sum = result_.counters;
  sum.rounds += c.rounds;
  sum.epochs += c.epochs;
  sum.woken += c.woken;
  sum.pairs += c.pairs;
  sum.pairs_product += c.pairs_product;
  sum.pairs_refined += c.pairs_refined;
  sum.exact += c.exact;
  sum.bytes = std::max(sum.bytes, c.bytes);
  sum.filter_columns = c.filter_columns;
  sum.load_seconds += c.load_seconds;
  sum.wake_seconds += c.wake_seconds;
  sum.update_seconds += c.update_seconds;
  sum.block_seconds += c.block_seconds;
}

void Selection::greedy(KCenterBackend& backend, std::size_t r, const std::vector<std::uint32_t>& initial,
                       const std::vector<std::uint32_t>& first) {
  const KCenterRun& run = options_.runs[r];
  // Forced picks: the radius of each is its distance to the centers before it.
  for (std::size_t t = done_ - run_start_; t < std::min(first.size(), run.budget); t++) {
    control_.check();
    const double m = initial.empty() && t == 0 ? HUGE_VAL : backend.distance(first[t]);
    backend.add_center(first[t]);
    record(first[t], m);
  }
  while (done_ - run_start_ < run.budget) {
    const double farthest = backend.open_round();
    if (farthest < 0) throw Error(ErrorCode::internal, "The pool ran out of rows before the budget was spent.");
    control_.radius.store(std::sqrt(farthest), std::memory_order_relaxed);
    if (!(farthest > stop_)) return;
    for (;;) {
      control_.check();
      const std::size_t left = run.budget - (done_ - run_start_);
      const std::vector<KCenterPick>& picks = backend.pick(std::min(left, kPicksAtOnce), stop_);
      for (const KCenterPick& pick : picks) record(pick.row, pick.m);
      control_.fraction.store((work_of(done_) - work_before_) / (1 - work_before_), std::memory_order_relaxed);
      if (saving() && seconds_since(saved_at_) * 1000 >= static_cast<double>(options_.checkpoint_every_ms)) {
        save(r, backend);
      }
      if (picks.size() < kPicksAtOnce) break;
    }
  }
}

void Selection::assign(KCenterBackend& backend, const KCenterRun& run, std::size_t initial_before) {
  std::size_t initial_total = 0;
  for (const KCenterRun& each : options_.runs) initial_total += each.initial.size();
  const KCenterState& state = backend.state();
  // A center belongs to itself unless an earlier one lies on the same point.
  std::vector<std::uint32_t> nearest = state.nearest;
  const auto own = [&](std::uint32_t row, std::size_t position) {
    if (state.m[row] != 0 || nearest[row] == kNoCenter) nearest[row] = static_cast<std::uint32_t>(position);
  };
  const std::vector<std::uint32_t> initial = local_rows(run, run.initial);
  for (std::size_t c = 0; c < initial.size(); c++) own(initial[c], c);
  const std::vector<std::uint32_t> picks(indices_ + run_start_, indices_ + done_);
  const std::vector<std::uint32_t> local = local_rows(run, picks);
  for (std::size_t c = 0; c < local.size(); c++) own(local[c], initial.size() + c);
  for (std::size_t i = 0; i < nearest.size(); i++) {
    const std::size_t at = nearest[i];
    const std::size_t position =
        at < initial.size() ? initial_before + at : initial_total + run_start_ + (at - initial.size());
    assignments_[run.whole_pool ? i : run.rows[i]] = static_cast<std::uint32_t>(position);
  }
}

std::size_t Selection::open_checkpoint() {
  if (!saving()) return 0;
  resuming_ = read_checkpoint(options_.checkpoint, saved_);
  return resuming_ ? saved_.rows : 0;
}

void Selection::match_checkpoint() {
  if (resuming_) require_matching(saved_, options_, given_, scan_.prefix_hash, options_.checkpoint);
}

void Selection::save(std::size_t run, KCenterBackend& backend) {
  KCenterCheckpointView view;
  view.rows = given_.rows();
  view.columns = given_.columns();
  view.data_hash = scan_.hash;
  view.run = run;
  view.indices = indices_;
  view.radii = radii_;
  view.done = done_;
  view.picked = result_.picked;
  view.picked[run] = done_ - run_start_;
  view.state = &backend.state();
  write_checkpoint(options_.checkpoint, view, options_);
  saved_at_ = Clock::now();
}

}  // namespace

KCenterResult k_center_greedy(const FeatureSource& features, const KCenterOptions& options, InstructionSet set,
                              JobControl& control, const KCenterOutput& output) {
  return Selection(features, options, set, control, output).run();
}

}  // namespace svp

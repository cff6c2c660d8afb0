// Square tiles of rows and centers, widened to float64 once per tile; m of a row needs nothing of any other row, so row
// tiles are independent and each walks all centers in the order of the picks.
#include "svp/k_center_verify.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "svp/error.h"
#include "svp/squared_distance.h"

namespace svp {

namespace {

constexpr std::size_t kTileBytes = 256 * 1024;  // one side of a tile, widened; half a second-level cache
constexpr std::uint32_t kNever = std::numeric_limits<std::uint32_t>::max();

struct Farthest {
  double m = -1;
  std::uint32_t row = kNever;

  void see(double other_m, std::uint32_t other_row) {
    if (other_m > m || (other_m == m && other_row < row)) *this = Farthest{other_m, other_row};
  }
};

struct Scratch {
  std::vector<double> rows;
  std::vector<double> centers;
  std::vector<double> m;
  std::vector<float> row;
  std::vector<Farthest> farthest;  // per step of the run
};

class Verification {
 public:
  Verification(const FeatureSource& features, InstructionSet set, ThreadPool& pool, JobControl& control)
      : features_(features),
        pool_(pool),
        control_(control),
        kernel_(squared_distance_1x4(set)),
        padded_((features.columns() + 7) / 8 * 8),
        tile_(std::clamp<std::size_t>(kTileBytes / (8 * std::max<std::size_t>(padded_, 1)) / 4 * 4, 4, 64)),
        taken_at_(features.rows(), kNever),
        scratch_(pool.size()) {
    for (Scratch& each : scratch_) {
      each.rows.resize(tile_ * padded_);
      each.centers.resize(tile_ * padded_);
      each.m.resize(tile_);
      each.row.resize(features.columns());
    }
  }

  void run(const KCenterVerifyRun& run, KCenterVerifyStep* out) {
    if (run.steps.empty()) return;
    for (std::size_t c = 0; c < run.centers.size(); c++) taken_at_[run.centers[c]] = static_cast<std::uint32_t>(c);
    for (Scratch& each : scratch_) each.farthest.assign(run.steps.size(), Farthest{});
    const std::size_t tiles = (run.rows.size() + tile_ - 1) / tile_;
    pool_.parallel_for(tiles, 1, [&](std::size_t first, std::size_t last, unsigned thread) {
      for (std::size_t t = first; t < last; t++) tile(run, t * tile_, scratch_[thread], out);
    });
    for (std::size_t s = 0; s < run.steps.size(); s++) {
      Farthest best;
      for (const Scratch& each : scratch_) best.see(each.farthest[s].m, each.farthest[s].row);
      out[s].farthest_row = best.row;
      out[s].farthest = best.m;
    }
    for (const std::uint32_t row : run.centers) taken_at_[row] = kNever;
  }

 private:
  void widen(std::uint32_t row, float* scratch, double* to) const {
    const float* values = features_.row(row, scratch);
    const std::size_t d = features_.columns();
    for (std::size_t k = 0; k < d; k++) to[k] = static_cast<double>(values[k]);
    std::fill(to + d, to + padded_, 0.0);
  }

  void tile(const KCenterVerifyRun& run, std::size_t begin, Scratch& mine, KCenterVerifyStep* out) const {
    const std::size_t count = std::min(tile_, run.rows.size() - begin);
    for (std::size_t i = 0; i < count; i++) {
      widen(run.rows[begin + i], mine.row.data(), mine.rows.data() + i * padded_);
      mine.m[i] = std::numeric_limits<double>::infinity();
    }
    std::size_t applied = 0;
    for (std::size_t s = 0; s < run.steps.size(); s++) {
      const std::size_t step = run.steps[s];
      for (; applied < step; applied += std::min(tile_, step - applied)) {
        apply(run, applied, std::min(tile_, step - applied), count, mine);
      }
      for (std::size_t i = 0; i < count; i++) {
        const std::uint32_t row = run.rows[begin + i];
        if (taken_at_[row] < step) continue;
        mine.farthest[s].see(mine.m[i], row);
        if (taken_at_[row] == step) out[s].picked = mine.m[i];
      }
    }
  }

  // m of `count` rows against centers [first, first + centers).
  void apply(const KCenterVerifyRun& run, std::size_t first, std::size_t centers, std::size_t count,
             Scratch& mine) const {
    for (std::size_t c = 0; c < centers; c++) {
      widen(run.centers[first + c], mine.row.data(), mine.centers.data() + c * padded_);
    }
    control_.check();
    for (std::size_t c = 0; c < centers; c += 4) {
      const double* four[4];
      // A group that is not full repeats its last center, which changes no minimum.
      for (std::size_t j = 0; j < 4; j++) four[j] = mine.centers.data() + std::min(c + j, centers - 1) * padded_;
      for (std::size_t i = 0; i < count; i++) {
        double squares[4];
        kernel_(mine.rows.data() + i * padded_, four, padded_, squares);
        mine.m[i] = std::min({mine.m[i], squares[0], squares[1], squares[2], squares[3]});
      }
    }
    control_.done.fetch_add(count * centers, std::memory_order_relaxed);
  }

  const FeatureSource& features_;
  ThreadPool& pool_;
  JobControl& control_;
  const SquaredDistance1x4 kernel_;
  const std::size_t padded_;
  const std::size_t tile_;
  std::vector<std::uint32_t> taken_at_;  // position among the run's centers
  std::vector<Scratch> scratch_;         // per thread
};

void check_run(const KCenterVerifyRun& run, std::size_t rows) {
  const auto outside = [rows](std::uint32_t row) { return row >= rows; };
  if (std::any_of(run.rows.begin(), run.rows.end(), outside) ||
      std::any_of(run.centers.begin(), run.centers.end(), outside)) {
    throw Error(ErrorCode::index, "A row is outside the pool of " + std::to_string(rows) + ".");
  }
  for (std::size_t s = 0; s < run.steps.size(); s++) {
    if (run.steps[s] == 0 || run.steps[s] >= run.centers.size() || (s > 0 && run.steps[s] <= run.steps[s - 1])) {
      throw Error(ErrorCode::internal, "The steps to be checked are not ascending positions of picks.");
    }
  }
}

}  // namespace

std::vector<KCenterVerifyStep> k_center_verify(const FeatureSource& features, const std::vector<KCenterVerifyRun>& runs,
                                               bool cosine, InstructionSet set, ThreadPool& pool, JobControl& control) {
  std::size_t steps = 0;
  std::uint64_t pairs = 0;
  for (const KCenterVerifyRun& run : runs) {
    check_run(run, features.rows());
    steps += run.steps.size();
    if (!run.steps.empty()) pairs += static_cast<std::uint64_t>(run.rows.size()) * run.steps.back();
  }
  control.total.store(pairs, std::memory_order_relaxed);
  const FeatureSource* source = &features;
  std::unique_ptr<FeatureSource> unit;
  scan_features(features, false, 0, pool, control);
  if (cosine) {
    unit = unit_features(features, set, pool, control);
    source = unit.get();
  }
  std::vector<KCenterVerifyStep> out(steps, KCenterVerifyStep{kNever, -1, -1});
  Verification verification(*source, set, pool, control);
  std::size_t at = 0;
  for (const KCenterVerifyRun& run : runs) {
    verification.run(run, out.data() + at);
    at += run.steps.size();
  }
  return out;
}

}  // namespace svp

// What greedy k-centers needs from a device. `core` owns the loop, the radius, the checkpoints and the order of
// things; a backend owns the features (or a filter made from them), the state of every point, and the arithmetic.
// Every backend gives the same picks and the same m to the bit: its filters may only skip what D2 could not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "svp/control.h"
#include "svp/feature_source.h"

namespace svp {

// No center yet.
constexpr std::uint32_t kNoCenter = std::numeric_limits<std::uint32_t>::max();

// State of every point, and all that a checkpoint needs besides the picks. `m` may be stale: it is exact for the first
// applied[i] centers. Staleness only ever makes it too large, which is what lets a point sleep until it matters.
struct KCenterState {
  std::vector<double> m;              // min D2 over the centers applied; +inf before the first
  std::vector<std::uint32_t> applied; // centers 0 … applied[i] − 1 are in m[i]
  std::vector<std::uint32_t> nearest; // position of the nearest of these, lowest on ties; kNoCenter before the first
  std::vector<std::uint8_t> taken;    // out of the race: a center already
};

struct KCenterPick {
  std::uint32_t row;
  double m;  // at the moment of the pick; its root is the radius
};

struct KCenterCounters {
  std::uint64_t rounds = 0;        // blocks of picks
  std::uint64_t epochs = 0;        // times that sleeping points were woken
  std::uint64_t woken = 0;         // points refreshed against centers that they had missed
  std::uint64_t pairs = 0;         // point-center pairs that came due
  std::uint64_t pairs_product = 0; // of these, through the product of the filter
  std::uint64_t pairs_refined = 0; // survived the first filter
  std::uint64_t exact = 0;         // D2 evaluated in float64
  std::uint64_t bytes = 0;         // peak of what the engine allocated beside the features
  std::uint32_t filter_columns = 0;// length of the filter's product in the last epoch
  double load_seconds = 0;
  double wake_seconds = 0;
  double update_seconds = 0;
  double block_seconds = 0;
};

// Overrides for tests; zero or `automatic` leaves the choice to the backend.
struct KCenterTuning {
  enum class Filter { automatic, dense, projected } filter = Filter::automatic;
  std::size_t block = 0;           // most picks per round
  std::size_t wake = 0;            // points woken at a time
  std::size_t filter_columns = 0;  // 8, 16, 32 or 64 with `projected`
};

class KCenterBackend {
 public:
  virtual ~KCenterBackend() = default;

  virtual std::string name() const = 0;

  // Reads the features once: prepares filters, applies center 0 to every point. They are finite; `largest`: the largest
  // absolute value.
  virtual void load(double largest, std::uint32_t first_center) = 0;
  // Continues from a state that load() and picks made earlier: features are read for the filters only. Points beyond
  // state.m.size() are new and start with no center.
  virtual void restore(double largest, const std::vector<std::uint32_t>& centers, KCenterState state) = 0;

  // Appends a center; `row` leaves the race. Points hear of it when they next matter.
  virtual void add_center(std::uint32_t row) = 0;
  // m of one row against all centers, exact.
  virtual double distance(std::uint32_t row) = 0;

  // Opens a round: brings the farthest points up to date and takes the top of them as the block. Returns m of the very
  // farthest point of the pool, exact, or −1 when no point is left.
  virtual double open_round() = 0;
  // The greedy loop inside the block, without a look at the rest: picks while the block's best is the pool's best.
  // Stops at `limit` picks, or before a pick whose m is not above `stop`. Returns the picks in order.
  virtual const std::vector<KCenterPick>& pick(std::size_t limit, double stop) = 0;

  // Applies every center to every point that is not taken, so that `nearest` is final.
  virtual void refresh_all() = 0;
  virtual const KCenterState& state() = 0;
  virtual const KCenterCounters& counters() const = 0;
};

std::unique_ptr<KCenterBackend> cpu_k_center_backend(const FeatureSource& features, InstructionSet set, ThreadPool& pool,
                                                     const KCenterTuning& tuning, const JobControl& control);

}  // namespace svp

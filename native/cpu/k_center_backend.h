// Greedy k-centers on this processor. Points whose m is below the radius so far sleep; they are woken, in epochs, when
// the radius comes down to their m, and hear then of all centers that they missed. Within an epoch, rounds take the
// farthest of the points awake as a block and run the greedy loop inside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cpu/k_center_filter.h"
#include "cpu/k_center_update.h"
#include "svp/backend.h"

namespace svp::cpu {

class CpuKCenters final : public KCenterBackend {
 public:
  CpuKCenters(const FeatureSource& features, InstructionSet set, ThreadPool& pool, const KCenterTuning& tuning,
              const JobControl& control);

  std::string name() const override;
  void load(double largest, std::uint32_t first_center) override;
  void restore(double largest, const std::vector<std::uint32_t>& centers, KCenterState state) override;
  void add_center(std::uint32_t row) override;
  double distance(std::uint32_t row) override;
  double open_round() override;
  const std::vector<KCenterPick>& pick(std::size_t limit, double stop) override;
  void refresh_all() override;
  const KCenterState& state() override { return state_; }
  const KCenterCounters& counters() const override;

 private:
  // Where a block ends: a member must come before this in the order (m descending, row ascending).
  struct Boundary {
    double m;
    std::uint32_t row;
  };

  bool before(std::uint32_t x, std::uint32_t y) const {
    return state_.m[x] != state_.m[y] ? state_.m[x] > state_.m[y] : x < y;
  }
  // One pass over the features: z of each row, and, unless `first` is kNoCenter, its D2 to that center.
  void map_rows(std::uint32_t first);
  // Moves the threshold down and collects the points that it uncovers; false if no point is left.
  bool wake();
  void build_block();
  void products_of_block();

  const FeatureSource& features_;
  const InstructionSet set_;
  const ProductKernel& kernel_;
  const SquaredDistance distance_;
  const KCenterTuning tuning_;
  ThreadPool& pool_;
  const JobControl& control_;
  KCenterFilter filter_;
  std::unique_ptr<KCenterUpdate> update_;
  KCenterState state_;
  std::vector<std::uint32_t> centers_;

  double threshold_ = 0;                // points with m below this sleep
  std::vector<std::uint32_t> awake_;    // all others that are not taken
  std::vector<double> sample_;
  std::vector<std::uint32_t> due_;

  std::size_t block_size_ = 0;
  std::size_t block_level_ = 0;
  bool block_open_ = false;
  Boundary boundary_{};
  std::vector<std::uint32_t> block_;    // rows by position in `products_`
  std::vector<std::uint32_t> alive_;    // positions still ahead of the boundary, by ascending row
  std::vector<float> block_norms_;
  std::vector<float> block_limits_;     // pair is skipped where n_i + n_c − … exceeds this
  Aligned<float> products_;             // z·z of the block, block × stride
  std::size_t stride_ = 0;
  Aligned<float> packed_rows_;
  Aligned<float> packed_columns_;
  std::vector<KCenterPick> picks_;
  mutable KCenterCounters counters_;
};

}  // namespace svp::cpu

// Brings points up to date with the centers that they have missed: filter in tiles, refine, decide in float64.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "cpu/k_center_filter.h"
#include "cpu/k_center_panels.h"
#include "svp/backend.h"
#include "svp/squared_distance.h"
#include "svp/thread_pool.h"

namespace svp::cpu {

class KCenterUpdate {
 public:
  KCenterUpdate(const FeatureSource& features, const KCenterFilter& filter, const ProductKernel& kernel,
                SquaredDistance distance, const KCenterTuning& tuning, ThreadPool& pool, const JobControl& control);

  ~KCenterUpdate();

  // Afterwards m and nearest of these points are exact over all of `centers`. Sorts `points` by what they missed.
  void refresh(std::vector<std::uint32_t>& points, const std::vector<std::uint32_t>& centers, KCenterState& state,
               KCenterCounters& counters);

  std::size_t bytes() const;

 private:
  struct Scratch;

  // The level whose product, refinements and float64 decisions together are cheapest for these points, from a sample.
  std::size_t choose_level(const std::vector<std::uint32_t>& points, const std::vector<std::uint32_t>& centers,
                           const KCenterState& state);
  // A few points that one thread brings up to date together.
  struct Block {
    const std::uint32_t* points;
    std::size_t count;
    std::size_t level;
    const std::vector<std::uint32_t>& centers;
    KCenterState& state;
  };
  void refresh_block(const Block& block, Scratch& scratch);
  void product(const CenterChunk& chunk, std::size_t first_panel, std::size_t width, std::size_t panel,
               const Block& block, Scratch& scratch);
  void refine(std::size_t chunk_index, const Block& block, Scratch& scratch) const;
  void set_thresholds(std::size_t j, const Block& block, Scratch& scratch) const;
  void decide(std::size_t j, std::uint32_t center, const Block& block, Scratch& scratch) const;
  void decide_all(std::size_t j, const Block& block, Scratch& scratch) const;
  void grow_refinement(const std::vector<std::uint32_t>& centers);

  const FeatureSource& features_;
  const KCenterFilter& filter_;
  const ProductKernel& kernel_;
  const SquaredDistance distance_;
  const KCenterTuning tuning_;
  ThreadPool& pool_;
  const JobControl& control_;
  std::size_t longest_ = 0;  // level of the longest projected z
  std::array<std::unique_ptr<CenterPanels>, kLevels> panels_;
  // The longest projected z of each center, a chunk together, so that refining stays in the second-level cache.
  std::vector<Aligned<float>> refinement_;
  std::vector<float> refinement_thresholds_;
  std::vector<std::unique_ptr<Scratch>> scratch_;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order_;
  std::uint64_t sample_state_ = 1;
};

}  // namespace svp::cpu

// The centers so far, packed for the product at one level of the filter, in chunks that never move. Built when a level
// is first used and grown on demand: k · length floats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/aligned.h"
#include "cpu/k_center_filter.h"

namespace svp::cpu {

constexpr std::size_t kChunkCenters = 1024;  // a multiple of every tile's columns

struct CenterChunk {
  Aligned<float> packed;      // panels of [k][columns]
  Aligned<float> thresholds;  // column thresholds; +huge where there is no center yet
};

class CenterPanels {
 public:
  CenterPanels(const KCenterFilter& filter, std::size_t level, std::size_t tile_columns);

  // Appends what is missing of `centers`.
  void grow(const std::vector<std::uint32_t>& centers, ThreadPool& pool);
  std::size_t size() const { return size_; }
  const CenterChunk& chunk(std::size_t i) const { return chunks_[i]; }
  std::size_t panel_floats() const { return length_ * columns_; }
  std::size_t bytes() const { return chunks_.size() * kChunkCenters * (length_ + 1) * sizeof(float); }

 private:
  const KCenterFilter& filter_;
  const std::size_t level_;
  const std::size_t length_;
  const std::size_t columns_;
  std::size_t size_ = 0;
  std::vector<CenterChunk> chunks_;
};

// Packs z of `count` rows into panels of `tile_rows`, zeros after the last. scratch: length + columns floats.
void pack_rows(const KCenterFilter& filter, std::size_t level, const std::uint32_t* rows, std::size_t count,
               std::size_t tile_rows, float* out, float* scratch);

}  // namespace svp::cpu

#include "cpu/k_center_panels.h"

#include <algorithm>

namespace svp::cpu {

namespace {

// A column that no row can survive.
constexpr float kNever = 1e30f;

}  // namespace

CenterPanels::CenterPanels(const KCenterFilter& filter, std::size_t level, std::size_t tile_columns)
    : filter_(filter), level_(level), length_(filter.length(level)), columns_(tile_columns) {}

void CenterPanels::grow(const std::vector<std::uint32_t>& centers, ThreadPool& pool) {
  if (size_ == centers.size()) return;
  while (chunks_.size() * kChunkCenters < centers.size()) {
    CenterChunk chunk{Aligned<float>(kChunkCenters * length_), Aligned<float>(kChunkCenters)};
    std::fill_n(chunk.packed.data(), kChunkCenters * length_, 0.0f);
    std::fill_n(chunk.thresholds.data(), kChunkCenters, kNever);
    chunks_.push_back(std::move(chunk));
  }
  const std::size_t from = size_;
  // Pieces of whole panels, so that threads do not share cache lines.
  pool.parallel_for(centers.size() - from, 256, [&](std::size_t begin, std::size_t end, unsigned) {
    std::vector<float> z(length_);
    std::vector<float> scratch(filter_.length(kDense));
    for (std::size_t c = from + begin; c < from + end; c++) {
      CenterChunk& chunk = chunks_[c / kChunkCenters];
      const std::size_t at = c % kChunkCenters;
      filter_.read(centers[c], level_, z.data(), scratch.data());
      float* out = chunk.packed.data() + at / columns_ * panel_floats() + at % columns_;
      for (std::size_t k = 0; k < length_; k++) out[k * columns_] = z[k];
      chunk.thresholds.data()[at] = filter_.bound(level_).column_threshold(filter_.norm(centers[c]));
    }
  });
  size_ = centers.size();
}

void pack_rows(const KCenterFilter& filter, std::size_t level, const std::uint32_t* rows, std::size_t count,
               std::size_t tile_rows, float* out, float* scratch) {
  const std::size_t p = filter.length(level);
  float* z = scratch;
  float* row_scratch = scratch + p;
  for (std::size_t i = 0; i < (count + tile_rows - 1) / tile_rows * tile_rows; i++) {
    // A row of z lies anywhere in memory; its first lines are asked for a little ahead.
    if (level != kDense && i + 4 < count) {
      __builtin_prefetch(filter.z(rows[i + 4]));
      __builtin_prefetch(filter.z(rows[i + 4]) + 16);
    }
    if (i < count) filter.read(rows[i], level, z, row_scratch);
    float* to = out + i / tile_rows * tile_rows * p + i % tile_rows;
    for (std::size_t k = 0; k < p; k++) to[k * tile_rows] = i < count ? z[k] : 0.0f;
  }
}

}  // namespace svp::cpu

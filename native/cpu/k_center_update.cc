#include "cpu/k_center_update.h"

#include <algorithm>
#include <limits>

#include "cpu/k_center_scratch.h"

namespace svp::cpu {

namespace {

constexpr std::size_t kProductColumns = 512;               // longest product in one go: packed A stays in cache
constexpr std::size_t kPanelBytes = 192 * 1024;            // panels of B that one row panel of A sweeps
constexpr float kNever = 1e30f;
constexpr std::uint64_t kAges = 24;                        // steps of age by which points are put together
constexpr std::uint32_t kFirstCenters = 128;               // centers of a point's first chunk: m falls early

}  // namespace

KCenterUpdate::KCenterUpdate(const FeatureSource& features, const KCenterFilter& filter, const ProductKernel& kernel,
                             SquaredDistance distance, const KCenterTuning& tuning, ThreadPool& pool,
                             const JobControl& control)
    : features_(features),
      filter_(filter),
      kernel_(kernel),
      distance_(distance),
      tuning_(tuning),
      pool_(pool),
      control_(control) {
  while (filter.projected() && filter.length(longest_) != filter.stored()) longest_++;
  for (unsigned t = 0; t < pool.size(); t++) {
    auto scratch = std::make_unique<Scratch>();
    scratch->z.resize(2 * filter.length(kDense) + 64);
    scratch->point_row.resize(features.columns());
    scratch->center_row.resize(features.columns());
    scratch_.push_back(std::move(scratch));
  }
}

KCenterUpdate::~KCenterUpdate() = default;

void KCenterUpdate::grow_refinement(const std::vector<std::uint32_t>& centers) {
  const std::size_t p = filter_.stored();
  for (std::size_t c = refinement_thresholds_.size(); c < centers.size(); c++) {
    if (c % kChunkCenters == 0) refinement_.emplace_back(kChunkCenters * p);
    std::copy_n(filter_.z(centers[c]), p, refinement_.back().data() + c % kChunkCenters * p);
    refinement_thresholds_.push_back(filter_.bound(longest_).column_threshold(filter_.norm(centers[c])));
  }
}

void KCenterUpdate::refresh(std::vector<std::uint32_t>& points, const std::vector<std::uint32_t>& centers,
                            KCenterState& state, KCenterCounters& counters) {
  const std::uint32_t now = static_cast<std::uint32_t>(centers.size());
  std::uint64_t due = 0;
  std::size_t kept = 0;
  for (const std::uint32_t i : points) {
    if (state.applied[i] == now) continue;
    if (state.m[i] == 0) {  // nothing is nearer than that, and ties go to the earlier center
      state.applied[i] = now;
      continue;
    }
    due += now - state.applied[i];
    points[kept++] = i;
  }
  points.resize(kept);
  if (kept == 0) return;
  counters.woken += kept;
  counters.pairs += due;
  // Together with those that missed about as much, and among these with their neighbors: neighbors meet the same centers.
  order_.clear();
  for (const std::uint32_t i : points) {
    const std::uint64_t missed_since = std::uint64_t{state.applied[i]} * kAges / now;
    order_.emplace_back(missed_since << 32 | filter_.place(i), i);
  }
  std::sort(order_.begin(), order_.end());
  for (std::size_t t = 0; t < points.size(); t++) points[t] = order_[t].second;
  const std::size_t level = choose_level(points, centers, state);
  if (!panels_[level]) panels_[level] = std::make_unique<CenterPanels>(filter_, level, kernel_.columns);
  panels_[level]->grow(centers, pool_);
  if (level != kDense) grow_refinement(centers);
  counters.filter_columns = static_cast<std::uint32_t>(filter_.length(level));

  // Small pieces where there are few points, so that every thread has some.
  const std::size_t tiles = (level == kDense ? kDensePoints : kBlockPoints) / kernel_.rows;
  const std::size_t wanted = kept / (4 * pool_.size()) / kernel_.rows;
  const std::size_t grain = std::clamp<std::size_t>(wanted, 1, tiles) * kernel_.rows;
  pool_.parallel_for(kept, grain, [&](std::size_t begin, std::size_t end, unsigned thread) {
    refresh_block(Block{points.data() + begin, end - begin, level, centers, state}, *scratch_[thread]);
  });
  for (const auto& scratch : scratch_) {
    counters.pairs_product += scratch->product;
    counters.pairs_refined += scratch->refined;
    counters.exact += scratch->exact;
    scratch->product = scratch->refined = scratch->exact = 0;
  }
}

void KCenterUpdate::refresh_block(const Block& b, Scratch& s) {
  const std::size_t p = filter_.length(b.level);
  const std::size_t rows = kernel_.rows;
  const std::size_t columns = kernel_.columns;
  const std::size_t row_panels = (b.count + rows - 1) / rows;
  const CenterPanels& panels = *panels_[b.level];
  s.a.require(row_panels * rows * p);
  pack_rows(filter_, b.level, b.points, b.count, rows, s.a.data(), s.z.data());
  if (b.level != kDense) {
    const std::size_t stored = filter_.stored();
    s.point_z.resize(kBlockPoints * stored);
    for (std::size_t j = 0; j < b.count; j++) std::copy_n(filter_.z(b.points[j]), stored, &s.point_z[j * stored]);
  }
  for (std::size_t j = 0; j < row_panels * rows; j++) {
    s.nearest_key[j] = -std::numeric_limits<float>::infinity();
    if (j < b.count) set_thresholds(j, b, s);
    else s.thresholds[j] = kNever;
  }
  const std::size_t now = b.centers.size();
  std::size_t from = now;
  for (std::size_t j = 0; j < b.count; j++) from = std::min<std::size_t>(from, b.state.applied[b.points[j]]);
  from = from / columns * columns;  // whole panels; a center met twice changes nothing
  const std::size_t panel_group = std::max<std::size_t>(1, kPanelBytes / (panels.panel_floats() * sizeof(float)));
  std::size_t step = kFirstCenters;
  while (from < now) {
    const std::size_t chunk_index = from / kChunkCenters;
    const std::size_t to = std::min({now, (chunk_index + 1) * kChunkCenters, from + step});
    const CenterChunk& chunk = panels.chunk(chunk_index);
    const std::size_t first_panel = from % kChunkCenters / columns;
    const std::size_t panel_count = (to - from + columns - 1) / columns;
    for (std::size_t group = 0; group < panel_count; group += panel_group) {
      const std::size_t width = std::min(panel_group, panel_count - group);
      for (std::size_t panel = 0; panel < row_panels; panel++) {
        product(chunk, first_panel + group, width, panel, b, s);
      }
      control_.check();
    }
    s.product += b.count * panel_count * columns;
    if (b.level != kDense) {
      refine(chunk_index, b, s);
    } else {
      for (const Survivor& survivor : s.survivors) {
        decide(survivor.point, static_cast<std::uint32_t>(chunk_index * kChunkCenters + survivor.place), b, s);
      }
      s.refined += s.survivors.size();
      s.survivors.clear();
    }
    control_.check();
    from = to;
    step = std::min(step * 2, kChunkCenters);
  }
  for (std::size_t j = 0; j < b.count; j++) {
    decide_all(j, b, s);
    b.state.applied[b.points[j]] = static_cast<std::uint32_t>(now);
  }
}

// One row panel against `width` panels of a chunk; survivors are appended to s.survivors.
void KCenterUpdate::product(const CenterChunk& chunk, std::size_t first_panel, std::size_t width, std::size_t panel,
                            const Block& b, Scratch& s) {
  const std::size_t p = filter_.length(b.level);
  const std::size_t rows = kernel_.rows;
  const std::size_t columns = kernel_.columns;
  const std::size_t stride = p * columns;
  const float* a = s.a.data() + panel * rows * p;
  const float* centers = chunk.packed.data() + first_panel * stride;
  const float* limits = chunk.thresholds.data() + first_panel * columns;
  std::size_t done = 0;
  const float* partial = nullptr;
  while (p - done > kProductColumns) {
    s.partial.require(rows * columns * width);
    partial = s.partial.data();
    kernel_.store(kProductColumns, a + done * rows, centers + done * columns, stride, width, s.partial.data(), columns,
                  rows * columns, done > 0);
    done += kProductColumns;
  }
  s.hits.resize(rows * width + 1);
  const std::size_t found = kernel_.filter(p - done, a + done * rows, centers + done * columns, stride, width,
                                           s.thresholds + panel * rows, limits, partial, s.hits.data());
  for (std::size_t h = 0; h < found; h++) {
    const ProductHit& hit = s.hits[h];
    const std::uint32_t point = static_cast<std::uint32_t>(panel * rows + hit.row);
    const std::uint32_t base = static_cast<std::uint32_t>((first_panel + hit.panel) * columns);
    for (std::uint32_t mask = hit.mask; mask != 0; mask &= mask - 1) {
      s.survivors.push_back({point, base + static_cast<std::uint32_t>(__builtin_ctz(mask))});
    }
  }
}

std::size_t KCenterUpdate::bytes() const {
  std::size_t total = refinement_thresholds_.size() * sizeof(float);
  for (const Aligned<float>& chunk : refinement_) total += chunk.size() * sizeof(float);
  for (const auto& panels : panels_) total += panels ? panels->bytes() : 0;
  for (const auto& scratch : scratch_) total += (scratch->a.size() + scratch->partial.size()) * sizeof(float);
  return total;
}

}  // namespace svp::cpu

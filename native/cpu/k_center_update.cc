#include "cpu/k_center_update.h"

#include <algorithm>
#include <atomic>
#include <limits>

namespace svp::cpu {

namespace {

constexpr std::size_t kBlockPoints = 96;                   // a multiple of every tile's rows
constexpr std::size_t kProductColumns = 512;               // longest product in one go: packed A stays in cache
constexpr std::size_t kPanelBytes = 192 * 1024;            // panels of B that one row panel of A sweeps
constexpr float kNever = 1e30f;
constexpr std::uint32_t kFirstCenters = 128;               // centers of a point's first chunk: m falls early

struct Candidate {
  float key;  // z_i·z_c − column threshold: the larger, the nearer
  std::uint32_t center;
};

}  // namespace

struct KCenterUpdate::Scratch {
  Aligned<float> a;
  Aligned<float> partial;
  std::vector<float> z;
  std::vector<float> point_row;
  std::vector<float> center_row;
  std::vector<ProductHit> hits;
  float thresholds[kBlockPoints];
  float refined_thresholds[kBlockPoints];
  std::vector<Candidate> candidates[kBlockPoints];
  std::uint64_t product = 0;
  std::uint64_t refined = 0;
  std::uint64_t exact = 0;
};

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
    std::size_t level = 0;
    while (filter_.length(level) != p) level++;
    refinement_thresholds_.push_back(filter_.bound(level).column_threshold(filter_.norm(centers[c])));
  }
}

std::size_t KCenterUpdate::choose_level(const std::vector<std::uint32_t>& points,
                                        const std::vector<std::uint32_t>& centers, const KCenterState& state) {
  if (tuning_.filter == KCenterTuning::Filter::dense || !filter_.projected()) return kDense;
  if (tuning_.filter_columns != 0) {
    for (std::size_t level = 0; level < kDense; level++) {
      if (filter_.has(level) && filter_.length(level) >= tuning_.filter_columns) return level;
    }
  }
  // Distances between random pairs of those that came due, with every length at once.
  constexpr std::size_t kPairs = 4096;
  std::array<std::size_t, kLevels> survived{};
  const std::size_t p = filter_.stored();
  std::size_t tried = 0;
  for (std::size_t t = 0; t < kPairs; t++) {
    sample_state_ = sample_state_ * 6364136223846793005u + 1442695040888963407u;
    const std::uint32_t i = points[(sample_state_ >> 33) % points.size()];
    sample_state_ = sample_state_ * 6364136223846793005u + 1442695040888963407u;
    const std::size_t missed = centers.size() - state.applied[i];
    if (missed == 0) continue;
    const std::uint32_t c = centers[state.applied[i] + (sample_state_ >> 33) % missed];
    const float m = static_cast<float>(state.m[i] * filter_.scale_square());
    const float* x = filter_.z(i);
    const float* y = filter_.z(c);
    float sum = 0;
    std::size_t level = 0;
    for (std::size_t k = 0; k < p; k++) {
      if (k + 1 == filter_.length(level)) {
        float rest;
        if (k + 1 == p) {
          rest = x[k] - y[k];
        } else {
          float zi[64], zc[64];
          filter_.read(i, level, zi, nullptr);
          filter_.read(c, level, zc, nullptr);
          rest = zi[k] - zc[k];
        }
        if (sum + rest * rest <= m) survived[level]++;
        level++;
      }
      sum += (x[k] - y[k]) * (x[k] - y[k]);
    }
    tried++;
  }
  if (tried == 0) return 0;
  // Costs in units of one fused multiply-add of a tile. Chosen from measurements on AVX2; only their ratios matter.
  const double refine = 60.0 + 4.0 * static_cast<double>(p);
  const double decide = 400.0 + 8.0 * static_cast<double>(features_.columns());
  std::size_t last = 0;
  while (filter_.length(last) != p) last++;
  const double longest = static_cast<double>(survived[last]) / static_cast<double>(tried);
  std::size_t best = kDense;
  // About one in eight of those that survive every projection is decided; the rest fall to nearer ones decided first.
  double least = static_cast<double>(filter_.length(kDense)) + 8;
  for (std::size_t level = 0; level <= last; level++) {
    const double share = static_cast<double>(survived[level]) / static_cast<double>(tried);
    const double cost = static_cast<double>(filter_.length(level)) + 8 + share * refine + longest * decide / 8;
    if (cost < least) {
      least = cost;
      best = level;
    }
  }
  return best;
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
  std::sort(points.begin(), points.end(), [&](std::uint32_t x, std::uint32_t y) {
    return state.applied[x] != state.applied[y] ? state.applied[x] < state.applied[y] : x < y;
  });
  const std::size_t level = choose_level(points, centers, state);
  if (!panels_[level]) panels_[level] = std::make_unique<CenterPanels>(filter_, level, kernel_.columns);
  panels_[level]->grow(centers, pool_);
  if (level != kDense) grow_refinement(centers);
  counters.filter_columns = static_cast<std::uint32_t>(filter_.length(level));

  // Small pieces where there are few points, so that every thread has some.
  const std::size_t tiles = kBlockPoints / kernel_.rows;
  const std::size_t wanted = kept / (4 * pool_.size()) / kernel_.rows;
  const std::size_t grain = std::clamp<std::size_t>(wanted, 1, tiles) * kernel_.rows;
  pool_.parallel_for(kept, grain, [&](std::size_t begin, std::size_t end, unsigned thread) {
    refresh_block(points.data() + begin, end - begin, level, centers, state, *scratch_[thread]);
  });
  for (const auto& scratch : scratch_) {
    counters.pairs_product += scratch->product;
    counters.pairs_refined += scratch->refined;
    counters.exact += scratch->exact;
    scratch->product = scratch->refined = scratch->exact = 0;
  }
}

void KCenterUpdate::refresh_block(const std::uint32_t* points, std::size_t count, std::size_t level,
                                  const std::vector<std::uint32_t>& centers, KCenterState& state, Scratch& s) {
  const std::size_t p = filter_.length(level);
  const std::size_t rows = kernel_.rows;
  const std::size_t columns = kernel_.columns;
  const std::size_t row_panels = (count + rows - 1) / rows;
  const CenterPanels& panels = *panels_[level];
  const KCenterBound& bound = filter_.bound(level);
  const std::size_t stored = filter_.stored();
  std::size_t longest = 0;
  while (level != kDense && filter_.length(longest) != stored) longest++;
  const double unit = filter_.scale_square();

  s.a.require(row_panels * rows * p);
  pack_rows(filter_, level, points, count, rows, s.a.data(), s.z.data());
  const auto set_thresholds = [&](std::size_t j) {
    const double m = state.m[points[j]] * unit;
    s.thresholds[j] = bound.row_threshold(filter_.norm(points[j]), m);
    if (level != kDense) s.refined_thresholds[j] = filter_.bound(longest).row_threshold(filter_.norm(points[j]), m);
  };
  for (std::size_t j = 0; j < row_panels * rows; j++) {
    if (j < count) set_thresholds(j);
    else s.thresholds[j] = kNever;
  }

  const auto decide = [&](std::size_t j, const float* x, std::uint32_t center) {
    const std::uint32_t i = points[j];
    const double d2 = distance_(x, features_.row(centers[center], s.center_row.data()), features_.columns());
    s.exact++;
    if (d2 < state.m[i] || (d2 == state.m[i] && center < state.nearest[i])) {
      state.m[i] = d2;
      state.nearest[i] = center;
      return true;
    }
    return false;
  };

  const std::size_t now = centers.size();
  std::size_t from = state.applied[points[0]] / columns * columns;  // whole panels; the repeated ones change nothing
  const std::size_t panel_group = std::max<std::size_t>(1, kPanelBytes / (panels.panel_floats() * sizeof(float)));
  std::size_t step = kFirstCenters;
  while (from < now) {
    const std::size_t chunk_index = from / kChunkCenters;
    const std::size_t in_chunk = from % kChunkCenters;
    const std::size_t to = std::min({now, (chunk_index + 1) * kChunkCenters, from + step});
    const CenterChunk& chunk = panels.chunk(chunk_index);
    const std::size_t first_panel = in_chunk / columns;
    const std::size_t panel_count = (to - from + columns - 1) / columns;
    for (std::size_t group = 0; group < panel_count; group += panel_group) {
      const std::size_t width = std::min(panel_group, panel_count - group);
      const float* b = chunk.packed.data() + (first_panel + group) * panels.panel_floats();
      const float* g = chunk.thresholds.data() + (first_panel + group) * columns;
      s.hits.resize(rows * width + 1);
      for (std::size_t panel = 0; panel < row_panels; panel++) {
        const float* a = s.a.data() + panel * rows * p;
        std::size_t done = 0;
        float* partial = nullptr;
        while (p - done > kProductColumns) {
          s.partial.require(rows * columns * width);
          partial = s.partial.data();
          kernel_.store(kProductColumns, a + done * rows, b + done * columns, panels.panel_floats(), width, partial,
                        columns, rows * columns, done > 0);
          done += kProductColumns;
        }
        const std::size_t found = kernel_.filter(p - done, a + done * rows, b + done * columns, panels.panel_floats(),
                                                 width, s.thresholds + panel * rows, g, partial, s.hits.data());
        for (std::size_t h = 0; h < found; h++) {
          const ProductHit& hit = s.hits[h];
          const std::size_t j = panel * rows + hit.row;
          const std::size_t base = in_chunk + (group + hit.panel) * columns;
          for (std::uint32_t mask = hit.mask; mask != 0; mask &= mask - 1) {
            const std::size_t at = base + static_cast<std::size_t>(__builtin_ctz(mask));
            const std::uint32_t center = static_cast<std::uint32_t>(chunk_index * kChunkCenters + at);
            s.refined++;
            if (level == kDense) {
              s.candidates[j].push_back({0, center});
              continue;
            }
            const float key = kernel_.dot(filter_.z(points[j]), refinement_[chunk_index].data() + at * stored, stored) -
                              refinement_thresholds_[center];
            if (!(key < s.refined_thresholds[j])) s.candidates[j].push_back({key, center});
          }
        }
        control_.check();
      }
    }
    s.product += count * panel_count * columns;
    for (std::size_t j = 0; j < count; j++) {
      std::vector<Candidate>& candidates = s.candidates[j];
      if (candidates.empty()) continue;
      // The nearest first: it lowers m most, and the others then mostly fail their test.
      std::sort(candidates.begin(), candidates.end(), [](const Candidate& x, const Candidate& y) {
        return x.key != y.key ? x.key > y.key : x.center < y.center;
      });
      const float* x = features_.row(points[j], s.point_row.data());
      for (const Candidate& candidate : candidates) {
        if (level != kDense && candidate.key < s.refined_thresholds[j]) break;
        if (decide(j, x, candidate.center)) set_thresholds(j);
      }
      candidates.clear();
    }
    control_.check();
    from = to;
    step *= 2;
    // Chunks start at whole panels.
    from = from == now ? now : from / columns * columns;
  }
  for (std::size_t j = 0; j < count; j++) state.applied[points[j]] = static_cast<std::uint32_t>(now);
}

std::size_t KCenterUpdate::bytes() const {
  std::size_t total = refinement_thresholds_.size() * sizeof(float);
  for (const Aligned<float>& chunk : refinement_) total += chunk.size() * sizeof(float);
  for (const auto& panels : panels_) total += panels ? panels->bytes() : 0;
  for (const auto& scratch : scratch_) total += (scratch->a.size() + scratch->partial.size()) * sizeof(float);
  return total;
}

}  // namespace svp::cpu

#include "cpu/k_center_update.h"

#include <algorithm>
#include <atomic>
#include <limits>

namespace svp::cpu {

namespace {

// Points that one thread brings up to date together; multiples of every tile's rows. The more there are, the more often
// a center's row is used while it is in cache; but a dense block of long rows must itself stay there.
constexpr std::size_t kBlockPoints = 384;
constexpr std::size_t kDensePoints = 96;
constexpr std::size_t kProductColumns = 512;               // longest product in one go: packed A stays in cache
constexpr std::size_t kPanelBytes = 192 * 1024;            // panels of B that one row panel of A sweeps
constexpr float kNever = 1e30f;
constexpr std::uint64_t kAges = 24;                        // steps of age by which points are put together
constexpr std::uint32_t kFirstCenters = 128;               // centers of a point's first chunk: m falls early

// Candidates that one point may gather before they are decided.
constexpr std::size_t kMostCandidates = 4096;
constexpr std::size_t kLine = 64;  // bytes
// A candidate is decided ahead of the others if its lower bound is below this share of m.
constexpr double kWorthwhile = 0.75;

struct Candidate {
  float key;  // z_i·z_c − column threshold: the larger, the nearer
  std::uint32_t center;
};

// A pair that survived the product: point of the block, place of the center in its chunk.
struct Survivor {
  std::uint32_t point;
  std::uint32_t place;
};

// Asks for a row ahead of its use. Rows lie anywhere in memory, and waiting for them would cost more than using them.
void prefetch(const float* row, std::size_t columns) {
  const char* at = reinterpret_cast<const char*>(row);
  for (std::size_t byte = 0; byte < columns * sizeof(float); byte += kLine) __builtin_prefetch(at + byte, 0, 2);
}

}  // namespace

struct KCenterUpdate::Scratch {
  Aligned<float> a;
  Aligned<float> partial;
  std::vector<float> z;
  std::vector<float> point_z;  // the longest z of the block's points, together
  std::vector<float> point_row;
  std::vector<float> center_row;
  std::vector<ProductHit> hits;
  float thresholds[kBlockPoints];
  float refined_thresholds[kBlockPoints];
  float nearest_key[kBlockPoints];  // the best key decided so far
  std::vector<Candidate> candidates[kBlockPoints];
  std::vector<Survivor> survivors;
  std::vector<std::uint32_t> decide_now;
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

std::size_t KCenterUpdate::choose_level(const std::vector<std::uint32_t>& points,
                                        const std::vector<std::uint32_t>& centers, const KCenterState& state) {
  if (tuning_.filter == KCenterTuning::Filter::dense || !filter_.projected()) return kDense;
  if (tuning_.filter_columns != 0) {
    for (std::size_t level = 0; level < kDense; level++) {
      if (filter_.has(level) && filter_.length(level) >= tuning_.filter_columns) return level;
    }
  }
  // Distances between random pairs of those that came due, with every length at once.
  constexpr std::size_t kPairs = 1024;
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
  const double refine = 400.0 + 4.0 * static_cast<double>(p);
  const double decide = 2000.0 + 8.0 * static_cast<double>(features_.columns());
  const double longest = static_cast<double>(survived[longest_]) / static_cast<double>(tried);
  std::size_t best = kDense;
  // About one in eight of those that survive every projection is decided; the rest fall to nearer ones decided first.
  double least = static_cast<double>(filter_.length(kDense)) + 8;
  for (std::size_t level = 0; level <= longest_; level++) {
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

void KCenterUpdate::set_thresholds(std::size_t j, const Block& b, Scratch& s) const {
  const std::uint32_t i = b.points[j];
  const double m = b.state.m[i] * filter_.scale_square();
  s.thresholds[j] = filter_.bound(b.level).row_threshold(filter_.norm(i), m);
  if (b.level != kDense) s.refined_thresholds[j] = filter_.bound(longest_).row_threshold(filter_.norm(i), m);
}

void KCenterUpdate::decide(std::size_t j, std::uint32_t center, const Block& b, Scratch& s) const {
  const std::uint32_t i = b.points[j];
  const float* x = features_.row(i, s.point_row.data());
  const double d2 = distance_(x, features_.row(b.centers[center], s.center_row.data()), features_.columns());
  s.exact++;
  if (d2 < b.state.m[i] || (d2 == b.state.m[i] && center < b.state.nearest[i])) {
    b.state.m[i] = d2;
    b.state.nearest[i] = center;
    set_thresholds(j, b, s);
  }
}

void KCenterUpdate::decide_all(std::size_t j, const Block& b, Scratch& s) const {
  std::vector<Candidate>& candidates = s.candidates[j];
  if (candidates.empty()) return;
  if (b.level != kDense) {
    // The nearest first: it lowers m most, and the others then mostly fail their test.
    candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                    [&](const Candidate& c) { return c.key < s.refined_thresholds[j]; }),
                     candidates.end());
    std::sort(candidates.begin(), candidates.end(), [](const Candidate& x, const Candidate& y) {
      return x.key != y.key ? x.key > y.key : x.center < y.center;
    });
  }
  for (std::size_t c = 0; c < candidates.size(); c++) {
    if (b.level != kDense && candidates[c].key < s.refined_thresholds[j]) break;
    if (features_.direct() && c + 1 < candidates.size()) {
      prefetch(features_.row(b.centers[candidates[c + 1].center], nullptr), features_.columns());
    }
    decide(j, candidates[c].center, b, s);
  }
  candidates.clear();
}

// Survivors of the product against the longest z; of those left, each point's nearest is decided at once, because it
// lowers the thresholds for all centers to come, and the others wait.
void KCenterUpdate::refine(std::size_t chunk_index, const Block& b, Scratch& s) const {
  const std::size_t stored = filter_.stored();
  const float* rows = refinement_[chunk_index].data();
  const float* limits = refinement_thresholds_.data() + chunk_index * kChunkCenters;
  constexpr std::size_t kAhead = 8;
  s.refined += s.survivors.size();
  for (std::size_t t = 0; t < s.survivors.size(); t++) {
    if (t + kAhead < s.survivors.size()) prefetch(rows + s.survivors[t + kAhead].place * stored, stored);
    const Survivor survivor = s.survivors[t];
    const float key =
        kernel_.dot(s.point_z.data() + survivor.point * stored, rows + survivor.place * stored, stored) -
        limits[survivor.place];
    if (key < s.refined_thresholds[survivor.point]) continue;
    std::vector<Candidate>& candidates = s.candidates[survivor.point];
    candidates.push_back({key, static_cast<std::uint32_t>(chunk_index * kChunkCenters + survivor.place)});
    // The best so far of this chunk goes to the end, to be decided first.
    if (candidates.size() > 1 && candidates[candidates.size() - 2].key > key) {
      std::swap(candidates.back(), candidates[candidates.size() - 2]);
    }
  }
  s.survivors.clear();
  s.decide_now.clear();
  for (std::size_t j = 0; j < b.count; j++) {
    const std::vector<Candidate>& candidates = s.candidates[j];
    if (candidates.empty() || !(candidates.back().key > s.nearest_key[j])) continue;
    // Its lower bound, n − 2·key. One that hardly lowers m can wait: it may never have to be decided.
    const double m = b.state.m[b.points[j]] * filter_.scale_square();
    if (filter_.norm(b.points[j]) - 2 * static_cast<double>(candidates.back().key) > kWorthwhile * m) continue;
    s.decide_now.push_back(static_cast<std::uint32_t>(j));
    if (features_.direct()) {
      prefetch(features_.row(b.centers[candidates.back().center], nullptr), features_.columns());
      prefetch(features_.row(b.points[j], nullptr), features_.columns());
    }
  }
  for (const std::uint32_t j : s.decide_now) {
    const Candidate nearest = s.candidates[j].back();
    s.candidates[j].pop_back();
    s.nearest_key[j] = nearest.key;
    decide(j, nearest.center, b, s);
    if (s.candidates[j].size() > kMostCandidates) decide_all(j, b, s);
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

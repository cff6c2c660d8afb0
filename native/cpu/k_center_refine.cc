// What happens to pairs that survive the product: a longer vector, then D2 in float64, nearest first.
#include <algorithm>

#include "cpu/k_center_scratch.h"

namespace svp::cpu {

namespace {

// Candidates that one point may gather before they are decided.
constexpr std::size_t kMostCandidates = 4096;
constexpr std::size_t kLine = 64;  // bytes
// A candidate is decided ahead of the others if its lower bound is below this share of m.
constexpr double kWorthwhile = 0.75;

// Asks for a row ahead of its use. Rows lie anywhere in memory, and waiting for them would cost more than using them.
void prefetch(const float* row, std::size_t columns) {
  const char* at = reinterpret_cast<const char*>(row);
  for (std::size_t byte = 0; byte < columns * sizeof(float); byte += kLine) __builtin_prefetch(at + byte, 0, 2);
}

}  // namespace

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

}  // namespace svp::cpu

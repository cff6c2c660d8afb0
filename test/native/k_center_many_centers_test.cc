// More centers than fit in 60 chunks of the packed panels: every step from chunk to chunk, at no cost to speak of,
// because all but a few rows are centers from the beginning.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.h"
#include "k_center_reference.h"
#include "svp/backend.h"

namespace svp::test {

namespace {

constexpr std::size_t kCenters = 66'700;  // 65 chunks of 1024 and a part
constexpr std::size_t kOthers = 60;
constexpr std::size_t kRows = kCenters + kOthers;

struct Nearest {
  double m = std::numeric_limits<double>::infinity();
  std::uint32_t center = 0;
};

Nearest nearest_of(const FeatureSource& features, std::uint32_t row, const std::vector<std::uint32_t>& centers) {
  Nearest nearest;
  for (std::uint32_t c = 0; c < centers.size(); c++) {
    const double d2 =
        reference_distance(features.row(row, nullptr), features.row(centers[c], nullptr), features.columns());
    if (d2 < nearest.m) nearest = {d2, c};
  }
  return nearest;
}

}  // namespace

TEST(k_centers_with_more_than_sixty_chunks_of_centers) {
  ThreadPool pool(2);
  JobControl control;
  for (const std::size_t d : {std::size_t{2}, std::size_t{18}}) {
    Numbers numbers(static_cast<unsigned>(d));
    std::vector<float> data = numbers.many(kRows * d, 2);
    // The last rows are no centers. Most lie on one, or a hair from it, all over the chunks and more so in the last.
    const auto copy = [&](std::size_t from, std::size_t to) { std::copy_n(&data[from * d], d, &data[to * d]); };
    for (std::size_t r = 0; r < 40; r++) {
      copy(kCenters - 1 - 40 * r * r, kCenters + r);
      if (r % 2 == 1) data[(kCenters + r) * d] += 1e-4f;
    }
    copy(3 * 1024 + 5, 40 * 1024 + 1);  // a tie between chunks
    copy(3 * 1024 + 5, kCenters + 41);
    const auto features = memory_features({data.data(), kRows, d});
    std::vector<std::uint32_t> centers(kCenters);
    for (std::size_t c = 0; c < kCenters; c++) centers[c] = static_cast<std::uint32_t>(c);

    for (const InstructionSet set : available_instruction_sets()) {
      const auto backend = cpu_k_center_backend(*features, set, pool, {}, control);
      backend->load(1, centers[0]);
      // Rows hear of the centers in parts that end within a panel, at its end, at a chunk's end and beyond.
      std::size_t known = 1;
      for (const std::size_t part : {std::size_t{5}, std::size_t{1024}, std::size_t{1025}, std::size_t{3 * 1024 + 7},
                                     std::size_t{61 * 1024 + 300}, std::size_t{64 * 1024}, kCenters}) {
        for (; known < part; known++) backend->add_center(centers[known]);
        const std::vector<std::uint32_t> heard(centers.begin(), centers.begin() + static_cast<std::ptrdiff_t>(known));
        for (std::uint32_t row = kCenters; row < kRows; row += known > 60 * 1024 ? 1 : 19) {
          const Nearest expected = nearest_of(*features, row, heard);
          CHECK(same_bits(backend->distance(row), expected.m));
          CHECK(backend->state().nearest[row] == expected.center);
          CHECK(backend->state().applied[row] == known);
        }
      }
    }
  }
}

TEST(k_centers_picked_after_a_large_initial_pool) {
  const std::size_t d = 3;
  Numbers numbers(12);
  const std::vector<float> data = numbers.many(kRows * d, 2);
  const auto features = memory_features({data.data(), kRows, d});
  KCenterOptions options;
  options.threads = 2;
  options.tuning.wake = 9;
  options.tuning.block = 5;
  KCenterRun run;
  run.budget = kOthers - 7;
  for (std::uint32_t c = 0; c < kCenters; c++) run.initial.push_back((c * 7 + 3) % kCenters);
  options.runs = {run};

  std::vector<double> m(kRows, -1);  // of the rows left
  for (std::uint32_t row = kCenters; row < kRows; row++) m[row] = nearest_of(*features, row, run.initial).m;
  std::vector<std::uint32_t> indices;
  std::vector<double> radii;
  for (std::size_t t = 0; t < run.budget; t++) {
    const std::uint32_t best = static_cast<std::uint32_t>(std::max_element(m.begin(), m.end()) - m.begin());
    indices.push_back(best);
    radii.push_back(std::sqrt(m[best]));
    for (std::uint32_t row = kCenters; row < kRows; row++) {
      if (m[row] < 0) continue;
      m[row] = std::min(m[row], reference_distance(features->row(row, nullptr), features->row(best, nullptr), d));
    }
    m[best] = -1;
  }
  for (const InstructionSet set : available_instruction_sets()) {
    const Selected actual = engine_selection(*features, options, set, false);
    CHECK(actual.indices == indices);
    CHECK(actual.radii == radii);
  }
}

}  // namespace svp::test

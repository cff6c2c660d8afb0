// The engine against the plain loop, in C++, so that the sanitizers see every strategy.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "svp/control.h"
#include "svp/feature_source.h"
#include "svp/instruction_set.h"
#include "svp/k_center_greedy.h"
#include "svp/squared_distance.h"

namespace svp::test {

namespace {

struct Picks {
  std::vector<std::uint32_t> indices;
  std::vector<double> radii;
  std::vector<std::uint32_t> assignments;
};

Picks plain_loop(const FeatureSource& features, std::size_t budget, std::uint32_t start) {
  const SquaredDistance distance = squared_distance(InstructionSet::scalar);
  const std::size_t n = features.rows();
  std::vector<double> m(n, std::numeric_limits<double>::infinity());
  std::vector<bool> taken(n, false);
  Picks picks;
  picks.assignments.assign(n, 0);
  for (std::size_t t = 0; t < budget; t++) {
    std::size_t best = n;
    for (std::size_t i = 0; i < n; i++) {
      if (!taken[i] && (best == n || m[i] > m[best])) best = i;
    }
    if (t == 0) best = start;
    taken[best] = true;
    picks.indices.push_back(static_cast<std::uint32_t>(best));
    picks.radii.push_back(std::sqrt(m[best]));
    for (std::size_t i = 0; i < n; i++) {
      const double d2 = distance(features.row(i, nullptr), features.row(best, nullptr), features.columns());
      if (d2 < m[i]) {
        m[i] = d2;
        picks.assignments[i] = static_cast<std::uint32_t>(t);
      }
    }
  }
  return picks;
}

Picks engine(const FeatureSource& features, std::size_t budget, std::uint32_t start, InstructionSet set,
             unsigned threads, const KCenterTuning& tuning) {
  KCenterOptions options;
  options.threads = threads;
  options.tuning = tuning;
  KCenterRun run;
  run.budget = budget;
  run.first = {start};
  options.runs.push_back(run);
  Picks picks;
  picks.indices.resize(budget);
  picks.radii.resize(budget);
  picks.assignments.resize(features.rows());
  JobControl control;
  k_center_greedy(features, options, set, control,
                  {picks.indices.data(), picks.radii.data(), picks.assignments.data()});
  return picks;
}

}  // namespace

TEST(k_centers_are_those_of_the_plain_loop) {
  for (const std::size_t d : {2, 19, 70}) {
    const std::size_t n = 500;
    Numbers numbers(static_cast<unsigned>(d));
    std::vector<float> data = numbers.many(n * d, 4);
    for (std::size_t i = 0; i < n / 3; i++) std::copy_n(&data[0], d, &data[3 * i * d]);  // duplicates
    const auto features = memory_features({data.data(), n, d});
    const Picks expected = plain_loop(*features, 450, 4);
    for (const InstructionSet set : available_instruction_sets()) {
      for (const KCenterTuning& tuning :
           {KCenterTuning{}, KCenterTuning{KCenterTuning::Filter::dense, 16, 40, 0},
            KCenterTuning{KCenterTuning::Filter::projected, 0, 25, 8},
            KCenterTuning{KCenterTuning::Filter::projected, 1, 0, 32}}) {
        for (const unsigned threads : {1u, 4u}) {
          const Picks actual = engine(*features, 450, 4, set, threads, tuning);
          CHECK(actual.indices == expected.indices);
          CHECK(actual.radii == expected.radii);
          CHECK(actual.assignments == expected.assignments);
        }
      }
    }
  }
}

TEST(k_centers_stop_when_cancelled) {
  Numbers numbers(1);
  const std::vector<float> data = numbers.many(2000 * 8, 1);
  const auto features = memory_features({data.data(), 2000, 8});
  KCenterOptions options;
  KCenterRun run;
  run.budget = 2000;
  run.first = {0};
  options.runs.push_back(run);
  std::vector<std::uint32_t> indices(2000);
  std::vector<double> radii(2000);
  JobControl control;
  control.cancelled.store(true);
  CHECK(throws(ErrorCode::abort, [&] {
    k_center_greedy(*features, options, InstructionSet::scalar, control, {indices.data(), radii.data(), nullptr});
  }));
}

}  // namespace svp::test

// Greedy k-centers on small generated pools against the plain loop: every kind of data that strains the filter or the
// ties, every strategy that the engine can be forced into, 1 to 4 threads, every instruction set of this processor.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "check.h"
#include "k_center_reference.h"

namespace svp::test {

namespace {

enum Kind { normal, grid, duplicates, constant, near, offset, tiny, huge, denormal, mixed, kinds };

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}
  // 0 … below − 1.
  std::size_t whole(std::size_t below) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state_ >> 33) % below;
  }
  float real() { return static_cast<float>(whole(1 << 24)) / 8388608.0f - 1.0f; }

 private:
  std::uint64_t state_;
};

std::vector<float> pool_of(Kind kind, std::size_t n, std::size_t d, Generator& random) {
  std::vector<float> data(n * d);
  for (std::size_t i = 0; i < n; i++) {
    const std::size_t copied = i > 0 && random.whole(3) > 0 ? random.whole(i) + 1 : 0;
    for (std::size_t k = 0; k < d; k++) {
      const float x = random.real();
      float& out = data[i * d + k];
      switch (kind) {
        case normal: out = x; break;
        case grid: out = static_cast<float>(random.whole(3)) - 1; break;
        case duplicates: out = copied > 0 ? data[(i - copied) * d + k] : x; break;
        case constant: out = -7.25f; break;
        case near: out = 3 + static_cast<float>(i % 4) + x * 1e-6f; break;
        case offset: out = 1e6f + x; break;
        case tiny: out = x * 1e-30f; break;
        case huge: out = x * (i % 7 == 0 ? 1e30f : 1e29f); break;
        case denormal: out = x * (i % 2 == 0 ? 1e-38f : 1e-43f); break;
        default: out = x * (i % 5 == 0 ? 1e15f : i % 5 == 1 ? 1e-15f : 1.0f); break;
      }
    }
  }
  return data;
}

// Hands out every row in the caller's scratch and leaves that spoilt for the next: a pointer kept too long shows.
class CopiedFeatures final : public FeatureSource {
 public:
  explicit CopiedFeatures(const FeatureSource& all) : FeatureSource(all.rows(), all.columns(), "copied"), all_(all) {}
  const float* row(std::size_t i, float* scratch) const override {
    std::copy_n(all_.row(i, scratch), columns(), scratch);
    return scratch;
  }

 private:
  const FeatureSource& all_;
};

KCenterTuning tuning_of(Generator& random) {
  constexpr std::size_t blocks[] = {0, 1, 3, 16, 200};
  constexpr std::size_t wakes[] = {0, 1, 7, 40, 1000};
  constexpr std::size_t lengths[] = {0, 8, 16, 32, 64};
  KCenterTuning tuning;
  tuning.filter = static_cast<KCenterTuning::Filter>(random.whole(3));
  tuning.block = blocks[random.whole(5)];
  tuning.wake = wakes[random.whole(5)];
  if (tuning.filter == KCenterTuning::Filter::projected) tuning.filter_columns = lengths[random.whole(5)];
  return tuning;
}

std::vector<std::uint32_t> distinct_rows(std::size_t count, std::size_t n, Generator& random) {
  std::vector<std::uint32_t> all(n);
  for (std::size_t i = 0; i < n; i++) all[i] = static_cast<std::uint32_t>(i);
  for (std::size_t i = 0; i < count; i++) std::swap(all[i], all[i + random.whole(n - i)]);
  all.resize(count);
  return all;
}

}  // namespace

TEST(k_centers_of_generated_pools_are_those_of_the_plain_loop) {
  const std::vector<InstructionSet> sets = available_instruction_sets();
  for (std::size_t seed = 0; seed < 240; seed++) {
    Generator random(seed * 7919 + 1);
    const Kind kind = static_cast<Kind>(seed % kinds);
    const std::size_t n = seed < 20 ? 1 + seed / 4 : 1 + random.whole(300);
    const std::size_t d = 1 + random.whole(40);
    const std::vector<float> data = pool_of(kind, n, d, random);
    const auto features = memory_features({data.data(), n, d});
    const CopiedFeatures copied(*features);
    const FeatureSource& given = seed % 3 == 0 ? static_cast<const FeatureSource&>(copied) : *features;

    KCenterOptions options;
    options.threads = 1 + static_cast<unsigned>(seed % 4);
    options.tuning = tuning_of(random);
    KCenterRun run;
    if (random.whole(2) == 0) run.initial = distinct_rows(random.whole(std::min<std::size_t>(n, 20)), n, random);
    const std::size_t most = n - run.initial.size();
    run.budget = random.whole(3) == 0 ? most : random.whole(most + 1);
    if (run.initial.empty()) {
      run.budget = std::max<std::size_t>(run.budget, 1);
      run.first = distinct_rows(std::min<std::size_t>(run.budget, 1 + random.whole(3)), n, random);
    }
    options.runs = {run};
    Selected expected = reference_selection(*features, run);
    if (random.whole(4) == 0 && expected.radii.size() > 3) {
      options.radius = expected.radii[expected.radii.size() / 2];
      expected = reference_selection(*features, run, options.radius);
    }
    for (const InstructionSet set : sets) {
      const Selected actual = engine_selection(given, options, set);
      const bool same = actual.indices == expected.indices && actual.radii == expected.radii &&
                        actual.assignments == expected.assignments;
      CHECK(same);
      if (!same) std::printf("  seed %zu, %s: %zu × %zu, kind %d\n", seed, name(set), n, d, kind);
    }
  }
}

TEST(k_centers_by_cosine_are_those_of_unit_rows) {
  ThreadPool pool(1);
  JobControl control;
  for (std::size_t seed = 0; seed < 30; seed++) {
    Generator random(seed + 100);
    const std::size_t n = 20 + random.whole(150);
    const std::size_t d = 2 + random.whole(38);
    const std::vector<float> data = pool_of(seed % 3 == 0 ? duplicates : seed % 3 == 1 ? huge : offset, n, d, random);
    const auto features = memory_features({data.data(), n, d});
    KCenterOptions options;
    options.cosine = true;
    options.threads = 1 + static_cast<unsigned>(seed % 4);
    options.tuning = tuning_of(random);
    KCenterRun run;
    run.budget = n / 2;
    run.first = {static_cast<std::uint32_t>(random.whole(n))};
    options.runs = {run};
    const auto unit = unit_features(*features, InstructionSet::scalar, pool, control);
    const Selected expected = reference_selection(*unit, run);
    for (const InstructionSet set : available_instruction_sets()) {
      const Selected actual = engine_selection(*features, options, set);
      CHECK(actual.indices == expected.indices);
      CHECK(actual.radii == expected.radii);
      CHECK(actual.assignments == expected.assignments);
    }
  }
}

TEST(k_centers_by_class_are_those_of_each_class_alone) {
  Generator random(5);
  const std::size_t n = 260;
  const std::size_t d = 19;
  const std::vector<float> data = pool_of(duplicates, n, d, random);
  const auto features = memory_features({data.data(), n, d});
  KCenterOptions options;
  options.threads = 3;
  for (std::uint32_t label = 0; label < 3; label++) {
    KCenterRun run;
    run.whole_pool = false;
    for (std::uint32_t i = label; i < n; i += 3) run.rows.push_back(i);
    run.budget = 10 + 20 * label;
    if (label == 1) run.initial = {run.rows[3], run.rows[0]};
    else run.first = {run.rows[5]};
    options.runs.push_back(run);
  }
  for (const InstructionSet set : available_instruction_sets()) {
    std::vector<std::uint32_t> indices(90), assignments(n);
    std::vector<double> radii(90);
    JobControl control;
    const KCenterResult result =
        k_center_greedy(*features, options, set, control, {indices.data(), radii.data(), assignments.data()});
    CHECK(result.picked == (std::vector<std::uint64_t>{10, 30, 50}));
    std::size_t start = 0;
    for (const KCenterRun& run : options.runs) {
      const auto part = subset_features(*features, run.rows);
      KCenterRun local = run;
      for (std::uint32_t& row : local.initial) row /= 3;
      for (std::uint32_t& row : local.first) row /= 3;
      const Selected expected = reference_selection(*part, local);
      bool same = true;
      for (std::size_t t = 0; t < run.budget; t++) {
        same = same && indices[start + t] == run.rows[expected.indices[t]] && radii[start + t] == expected.radii[t];
      }
      for (std::size_t i = 0; i < run.rows.size(); i++) {
        // Positions count the initial pools of all classes first; here there is one, of two rows.
        const std::size_t at = expected.assignments[i];
        const std::size_t position = at < run.initial.size() ? at : 2 + start + at - run.initial.size();
        same = same && assignments[run.rows[i]] == position;
      }
      CHECK(same);
      start += run.budget;
    }
  }
}

}  // namespace svp::test

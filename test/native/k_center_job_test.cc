// A k-centers job that does not end as planned: cancelled from another thread, stopped by an error in the middle,
// interrupted and taken up again.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "k_center_reference.h"

namespace svp::test {

namespace {

// Fails the access with this number, counted over all threads.
class FailingFeatures final : public FeatureSource {
 public:
  FailingFeatures(const FeatureSource& all, std::size_t fails_at)
      : FeatureSource(all.rows(), all.columns(), "failing"), all_(all), fails_at_(fails_at) {}
  const float* row(std::size_t i, float* scratch) const override {
    if (accesses_.fetch_add(1, std::memory_order_relaxed) == fails_at_) {
      throw Error(ErrorCode::file, "The file went away.");
    }
    return all_.row(i, scratch);
  }
  std::size_t accesses() const { return accesses_; }

 private:
  const FeatureSource& all_;
  const std::size_t fails_at_;
  mutable std::atomic<std::size_t> accesses_{0};
};

KCenterOptions options_of(std::size_t budget, unsigned threads) {
  KCenterOptions options;
  options.threads = threads;
  KCenterRun run;
  run.budget = budget;
  run.first = {0};
  options.runs = {run};
  return options;
}

}  // namespace

TEST(k_centers_cancelled_from_another_thread_leave_a_readable_prefix) {
  const std::size_t n = 20000;
  const std::size_t d = 24;
  Numbers numbers(6);
  const std::vector<float> data = numbers.many(n * d, 2);
  const auto features = memory_features({data.data(), n, d});
  const std::vector<std::uint32_t> expected =
      engine_selection(*features, options_of(100, 2), choose_instruction_set(), false).indices;
  for (unsigned threads = 1; threads <= 4; threads++) {
    const std::size_t patience = threads == 1 ? 0 : 60 * (threads - 1);
    const KCenterOptions options = options_of(n, threads);
    std::vector<std::uint32_t> indices(n);
    std::vector<double> radii(n);
    JobControl control;
    std::thread impatient([&] {
      while (control.done.load(std::memory_order_acquire) < patience) std::this_thread::yield();
      control.cancelled = true;
    });
    CHECK(throws(ErrorCode::abort, [&] {
      k_center_greedy(*features, options, choose_instruction_set(), control, {indices.data(), radii.data(), nullptr});
    }));
    impatient.join();
    const std::size_t done = control.done;
    CHECK(done >= patience && done < n);
    const std::size_t compared = std::min(done, expected.size());
    CHECK(std::equal(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(compared), expected.begin()));
    CHECK(std::is_sorted(radii.rbegin() + static_cast<std::ptrdiff_t>(n - done), radii.rend()));
  }
}

TEST(k_centers_hand_on_an_error_from_anywhere_in_the_work) {
  const std::size_t n = 400;
  const std::size_t d = 20;
  Numbers numbers(8);
  const std::vector<float> data = numbers.many(n * d, 2);
  const auto features = memory_features({data.data(), n, d});
  for (unsigned threads = 1; threads <= 4; threads++) {
    KCenterOptions options = options_of(300, threads);
    options.tuning.wake = 50;
    options.tuning.block = 16;
    const FailingFeatures counted(*features, std::numeric_limits<std::size_t>::max());
    std::vector<std::uint32_t> indices(300), assignments(n);
    std::vector<double> radii(300);
    const KCenterOutput output = {indices.data(), radii.data(), assignments.data()};
    JobControl control;
    k_center_greedy(counted, options, choose_instruction_set(), control, output);
    // The number of accesses may differ a little between runs, as threads meet; the last tenth is left alone.
    for (std::size_t step = 0; step < 25; step++) {
      const FailingFeatures failing(*features, counted.accesses() * 9 / 10 * step / 25);
      JobControl stopped;
      CHECK(throws(ErrorCode::file,
                   [&] { k_center_greedy(failing, options, choose_instruction_set(), stopped, output); }));
    }
  }
}

TEST(k_centers_refuse_what_cannot_be) {
  const std::size_t n = 50;
  std::vector<float> data(n * 3, 1.0f);
  const auto features = memory_features({data.data(), n, 3});
  for (unsigned threads = 1; threads <= 4; threads++) {
    CHECK(throws(ErrorCode::budget,
                 [&] { engine_selection(*features, options_of(51, threads), InstructionSet::scalar); }));
    KCenterOptions initial = options_of(48, threads);
    initial.runs[0].initial = {1, 2, 3};
    CHECK(throws(ErrorCode::budget, [&] { engine_selection(*features, initial, InstructionSet::scalar); }));
    KCenterOptions cosine = options_of(5, threads);
    cosine.cosine = true;
    std::fill_n(&data[17 * 3], 3, 0.0f);
    CHECK(throws(ErrorCode::nonfinite, [&] { engine_selection(*features, cosine, InstructionSet::scalar); }));
    data[40 * 3 + 2] = std::numeric_limits<float>::quiet_NaN();
    try {
      engine_selection(*features, options_of(5, threads), InstructionSet::scalar);
      CHECK(false);
    } catch (const Error& error) {
      CHECK(error.code == ErrorCode::nonfinite && error.row == 40 && error.column == 2);
    }
    std::fill(data.begin(), data.end(), 1.0f);
  }
}

TEST(k_centers_taken_up_again_give_the_answer_of_one_go) {
  const std::size_t n = 700;
  const std::size_t d = 21;
  Numbers numbers(4);
  const std::vector<float> data = numbers.many(n * d, 2);
  const auto features = memory_features({data.data(), n, d});
  std::string folder = std::string(std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp") + "/svp-native-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw Error(ErrorCode::file, "No temporary folder: " + folder);
  for (const InstructionSet set : available_instruction_sets()) {
    const Selected expected = engine_selection(*features, options_of(500, 2), set);
    KCenterOptions options = options_of(0, 2);
    options.checkpoint = folder + "/" + name(set);
    options.tuning.wake = 64;
    for (const std::size_t budget : {1, 130, 131, 500, 200}) {
      options.runs[0].budget = budget;
      options.checkpoint_every_ms = budget == 500 ? 0 : 60000;
      const Selected actual = engine_selection(*features, options, set);
      CHECK(std::equal(actual.indices.begin(), actual.indices.end(), expected.indices.begin()));
      CHECK(std::equal(actual.radii.begin(), actual.radii.end(), expected.radii.begin()));
      CHECK(budget != 500 || actual.assignments == expected.assignments);
    }
  }
  const std::string remove = "rm -rf '" + folder + "'";
  CHECK(std::system(remove.c_str()) == 0);
}

}  // namespace svp::test

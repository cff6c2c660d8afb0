// The brute-force check against the plain loop: what it says of right selections and of ones with two picks exchanged.
#include "svp/k_center_verify.h"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "check.h"
#include "k_center_reference.h"
#include "svp/control.h"
#include "svp/error.h"
#include "svp/feature_source.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"

namespace svp::test {

namespace {

std::vector<float> grid(std::size_t n, std::size_t d) {
  std::vector<float> data(n * d);
  std::uint32_t state = 1;
  for (float& value : data) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>((state >> 24) % 5);  // ties and duplicates
  }
  return data;
}

std::vector<std::uint32_t> counted(std::size_t from, std::size_t to) {
  std::vector<std::uint32_t> all;
  for (std::size_t i = from; i < to; i++) all.push_back(static_cast<std::uint32_t>(i));
  return all;
}

}  // namespace

TEST(k_center_verify_agrees_with_the_plain_loop_at_every_step) {
  const std::size_t n = 150;
  for (const std::size_t d : {1, 7, 600}) {
    const std::vector<float> data = grid(n, d);
    const auto features = memory_features({data.data(), n, d});
    KCenterRun run;
    run.budget = 140;
    run.initial = {3, 4};
    const Selected expected = reference_selection(*features, run);
    KCenterVerifyRun check{counted(0, n), run.initial, counted(2, 142)};
    check.centers.insert(check.centers.end(), expected.indices.begin(), expected.indices.end());
    for (const InstructionSet set : available_instruction_sets()) {
      for (const unsigned threads : {1u, 3u}) {
        ThreadPool pool(threads);
        JobControl control;
        const std::vector<KCenterVerifyStep> steps = k_center_verify(*features, {check}, false, set, pool, control);
        CHECK(steps.size() == 140);
        bool same = true;
        for (std::size_t s = 0; s < steps.size(); s++) {
          same = same && steps[s].farthest_row == expected.indices[s] && steps[s].farthest == steps[s].picked &&
                 std::sqrt(steps[s].picked) == expected.radii[s];
        }
        CHECK(same);
        CHECK(control.done.load() == control.total.load());
      }
    }
    std::swap(check.centers[10], check.centers[30]);
    ThreadPool pool(2);
    JobControl control;
    check.steps = {10};
    const auto wrong = k_center_verify(*features, {check}, false, InstructionSet::scalar, pool, control);
    CHECK(wrong[0].farthest >= wrong[0].picked);
    CHECK(wrong[0].farthest_row == check.centers[30]);
  }
}

TEST(k_center_verify_keeps_runs_apart) {
  const std::size_t n = 40;
  const std::vector<float> data = grid(n, 3);
  const auto features = memory_features({data.data(), n, 3});
  ThreadPool pool(2);
  JobControl control;
  const KCenterVerifyRun low{counted(0, 20), {0, 1, 2}, {2}};
  const KCenterVerifyRun high{counted(20, 40), {20, 21, 22}, {1, 2}};
  const auto both = k_center_verify(*features, {low, {{}, {}, {}}, high}, false, InstructionSet::scalar, pool, control);
  const auto alone = k_center_verify(*features, {high}, false, InstructionSet::scalar, pool, control);
  CHECK(both.size() == 3);
  CHECK(both[0].farthest_row < 20);
  CHECK(both[1].farthest_row == alone[0].farthest_row && both[1].picked == alone[0].picked);
  CHECK(both[2].farthest_row == alone[1].farthest_row && both[2].farthest == alone[1].farthest);
}

TEST(k_center_verify_refuses_what_is_no_selection) {
  const std::vector<float> data = grid(5, 2);
  const auto features = memory_features({data.data(), 5, 2});
  ThreadPool pool(1);
  JobControl control;
  const auto refused = [&](const KCenterVerifyRun& run, ErrorCode code) {
    try {
      k_center_verify(*features, {run}, false, InstructionSet::scalar, pool, control);
    } catch (const Error& error) {
      return error.code == code;
    }
    return false;
  };
  CHECK(refused({{0, 5}, {0, 1}, {1}}, ErrorCode::index));
  CHECK(refused({{0, 1}, {0, 9}, {1}}, ErrorCode::index));
  CHECK(refused({{0, 1}, {0, 1}, {2}}, ErrorCode::internal));
  CHECK(refused({{0, 1}, {0, 1}, {0}}, ErrorCode::internal));
}

}  // namespace svp::test

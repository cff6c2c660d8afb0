#include "core/forgetting.h"

#include "check.h"

using namespace svp;

TEST(forgetting_counts_events_and_refuses_indices_outside) {
  std::vector<std::uint32_t> presentations(3), events(3);
  std::vector<std::uint8_t> state(3);
  const ForgettingCounters counters = {presentations.data(), events.data(), state.data(), 3};
  const std::vector<std::uint32_t> indices = {0, 0, 0, 0, 0, 1, 2, 2};
  const std::vector<std::uint8_t> correct = {0, 1, 0, 1, 0, 1, 0, 0};
  update_forgetting(indices.data(), correct.data(), indices.size(), counters);
  CHECK(events == (std::vector<std::uint32_t>{2, 0, 0}));
  CHECK(presentations == (std::vector<std::uint32_t>{5, 1, 2}));
  CHECK(state == (std::vector<std::uint8_t>{kWrongNow, kCorrectNow, kNeverCorrect}));

  const std::vector<std::uint32_t> outside = {0, 3};
  CHECK(test::throws(ErrorCode::index, [&] { update_forgetting(outside.data(), correct.data(), 2, counters); }));
  CHECK(presentations[0] == 5);
}

// A check of a finished greedy k-centers selection by its definition alone: float64 distances, no filter, no order but
// the order of the picks. It shares nothing with the engine but the rows and D2 (svp/squared_distance.h).
#pragma once

#include <cstdint>
#include <vector>

#include "svp/control.h"
#include "svp/feature_source.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"

namespace svp {

// One selection: of the whole pool, or of one class of it.
struct KCenterVerifyRun {
  std::vector<std::uint32_t> rows;     // that compete for a pick; the picks to be checked are among them
  std::vector<std::uint32_t> centers;  // the initial pool, then the picks in their order; distinct
  std::vector<std::uint32_t> steps;    // positions in `centers` of the picks to be checked, ascending, above 0
};

// What the definition says of one step.
struct KCenterVerifyStep {
  std::uint32_t farthest_row;  // of the rows that are no center yet, lowest on ties
  double farthest;             // its m: the least D2 to the centers before the step
  double picked;               // m of the row that was picked
};

// Steps of all runs in order. All rows are within features. Time is O(Σ rows · last step · columns); memory O(rows).
std::vector<KCenterVerifyStep> k_center_verify(const FeatureSource& features, const std::vector<KCenterVerifyRun>& runs,
                                               bool cosine, InstructionSet set, ThreadPool& pool, JobControl& control);

}  // namespace svp

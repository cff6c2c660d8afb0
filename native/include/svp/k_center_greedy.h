// Exact greedy k-centers (farthest-first traversal): "Selection via Proxy", section 2.1; docs/NUMERICS.md for what
// exact means and docs/guides/k-centers.md for how it is fast.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "svp/backend.h"
#include "svp/control.h"
#include "svp/device_choice.h"
#include "svp/feature_source.h"
#include "svp/instruction_set.h"

namespace svp {

// One selection: of the whole pool, or of one class of it.
struct KCenterRun {
  bool whole_pool = true;
  std::vector<std::uint32_t> rows;     // of the class, ascending, where not the whole pool
  std::size_t budget = 0;
  std::vector<std::uint32_t> initial;  // centers from the beginning, never picked; rows of the whole pool
  std::vector<std::uint32_t> first;    // the first picks, before the greedy rule takes over (a start, random points)
};

struct KCenterOptions {
  std::vector<KCenterRun> runs;
  bool cosine = false;
  double radius = -1;  // stop once the covering radius is at most this; negative: never
  unsigned threads = 0;
  std::string checkpoint;  // file, or empty
  std::string identity;    // how the first picks were drawn: part of what a checkpoint must agree with
  std::uint64_t checkpoint_every_ms = 60000;
  KCenterTuning tuning;
  DeviceChoice device;
};

// Where results go, all the caller's.
struct KCenterOutput {
  std::uint32_t* indices = nullptr;      // room for the sum of the budgets
  double* radii = nullptr;               // as many
  std::uint32_t* assignments = nullptr;  // per row the position of its nearest center; null: not wanted
};

struct KCenterResult {
  std::vector<std::uint64_t> picked;       // per run: picks made
  KCenterCounters counters;
  double seconds = 0;
  std::uint64_t resumed_picks = 0;  // taken over from the checkpoint
  std::string backend;
  std::string device_note;  // why not CUDA, where it was wanted or left open; else empty
};

// Picks and radii are written as they are made: run after run, in pick order; control.done counts those readable.
// Positions in `assignments`: the initial pools of all runs in order, then the picks in output order.
KCenterResult k_center_greedy(const FeatureSource& features, const KCenterOptions& options, InstructionSet set,
                              JobControl& control, const KCenterOutput& output);

}  // namespace svp

// Which backend makes a selection, and its first steps: where a device has no room, "auto" goes on with the processor.
#pragma once

#include <functional>
#include <memory>

#include "core/cuda_library.h"
#include "svp/k_center_greedy.h"

namespace svp {

// For all runs together, before anything is read.
DevicePlan plan_k_center_device(const KCenterOptions& options, const FeatureSource& features);

struct KCenterStart {
  const FeatureSource& features;
  const KCenterOptions& options;
  InstructionSet set;
  ThreadPool& pool;
  const JobControl& control;
};

// A backend that `begin` has brought to where the picks begin. Where the plan's device fails at that and the choice was
// left open, it is the processor, `begin` is called again, and the plan says why, for this run and those to come.
std::unique_ptr<KCenterBackend> start_k_centers(const KCenterStart& start, DevicePlan& plan,
                                                const std::function<void(KCenterBackend&)>& begin);

}  // namespace svp

#include "core/k_center_start.h"

namespace svp {

DevicePlan plan_k_center_device(const KCenterOptions& options, const FeatureSource& features) {
  double work = 0;
  for (const KCenterRun& run : options.runs) {
    const std::size_t rows = run.whole_pool ? features.rows() : run.rows.size();
    work += static_cast<double>(rows) * static_cast<double>(run.budget + run.initial.size()) *
            static_cast<double>(features.columns());
  }
  return plan_device(options.device, work);
}

std::unique_ptr<KCenterBackend> start_k_centers(const KCenterStart& start, DevicePlan& plan,
                                                const std::function<void(KCenterBackend&)>& begin) {
  std::unique_ptr<KCenterBackend> backend;
  if (plan.table != nullptr) {
    try {
      backend = cuda_k_center_backend(*plan.table, start.features, start.options.device, start.options.tuning,
                                      start.control);
      begin(*backend);
      return backend;
    } catch (const Error& error) {
      const bool of_the_device = error.code == ErrorCode::memory || error.code == ErrorCode::device;
      if (!of_the_device || device_kind(start.options.device.device) != DeviceKind::automatic) throw;
      plan = {nullptr, error.what()};
      backend.reset();
    }
  }
  backend = cpu_k_center_backend(start.features, start.set, start.pool, start.options.tuning, start.control);
  begin(*backend);
  return backend;
}

}  // namespace svp

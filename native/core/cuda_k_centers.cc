// Greedy k-centers on CUDA devices, behind the engine's own interface: every call goes through the library's table.
#include <chrono>
#include <exception>

#include "core/cuda_library.h"

namespace svp {

namespace {

class CudaKCenters final : public KCenterBackend {
 public:
  CudaKCenters(const SvpCudaTable& table, const FeatureSource& features, const DeviceChoice& choice,
               const KCenterTuning& tuning, const JobControl& control)
      : table_(table), features_(features) {
    const SvpCudaFeatures rows{this, features.rows(), features.columns(), read_row};
    const SvpCudaJob job = cuda_job(control);
    const std::string devices = device_numbers(choice.device);
    const SvpCudaOptions options{devices.c_str(), choice.settings.c_str(), tuning.block};
    SvpCudaStatus status;
    require_success(table_.k_center_create(&rows, &job, &options, &self_, &status), status);
  }
  ~CudaKCenters() override { table_.k_center_destroy(self_); }

  std::string name() const override { return "cuda"; }

  void load(double largest, std::uint32_t first_center) override {
    const double start = now();
    check(table_.k_center_load(self_, largest, first_center, &status_));
    load_seconds_ += now() - start;
  }

  void restore(double largest, const std::vector<std::uint32_t>& centers, KCenterState state) override {
    const double start = now();
    check(table_.k_center_restore(self_, largest, centers.data(), centers.size(), state.m.data(), state.applied.data(),
                                  state.nearest.data(), state.m.size(), &status_));
    load_seconds_ += now() - start;
  }

  void add_center(std::uint32_t row) override { check(table_.k_center_add(self_, row, &status_)); }

  double distance(std::uint32_t row) override {
    double m = 0;
    check(table_.k_center_distance(self_, row, &m, &status_));
    return m;
  }

  double open_round() override {
    double farthest = -1;
    check(table_.k_center_open_round(self_, &farthest, &status_));
    return farthest;
  }

  const std::vector<KCenterPick>& pick(std::size_t limit, double stop) override {
    const SvpCudaPick* made = nullptr;
    std::size_t count = 0;
    check(table_.k_center_pick(self_, limit, stop, &made, &count, &status_));
    picks_.clear();
    for (std::size_t i = 0; i < count; i++) picks_.push_back({made[i].row, made[i].m});
    return picks_;
  }

  void refresh_all() override { check(table_.k_center_refresh(self_, &status_)); }

  const KCenterState& state() override {
    const std::size_t rows = features_.rows();
    state_.m.resize(rows);
    state_.applied.resize(rows);
    state_.nearest.resize(rows);
    state_.taken.resize(rows);
    check(table_.k_center_state(self_, state_.m.data(), state_.applied.data(), state_.nearest.data(),
                                state_.taken.data(), &status_));
    return state_;
  }

  const KCenterCounters& counters() const override {
    SvpCudaCounters c;
    table_.k_center_counters(self_, &c);
    counters_.rounds = c.rounds;
    counters_.epochs = c.rounds;  // every round wakes every row
    counters_.pairs = c.pairs;
    counters_.pairs_product = c.pairs;
    counters_.pairs_refined = c.refined;
    counters_.exact = c.exact + c.refined;
    counters_.bytes = c.bytes;
    counters_.filter_columns = static_cast<std::uint32_t>(c.filter_columns);
    counters_.load_seconds = load_seconds_;
    counters_.update_seconds = c.update_seconds;
    counters_.block_seconds = c.block_seconds;
    return counters_;
  }

 private:
  static double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  // Called by the library, possibly from several threads: no exception may pass.
  static const float* read_row(void* context, std::size_t i, float* scratch) {
    try {
      return static_cast<CudaKCenters*>(context)->features_.row(i, scratch);
    } catch (const std::exception&) {
      return nullptr;
    }
  }

  void check(int code) const { require_success(code, status_); }

  const SvpCudaTable& table_;
  const FeatureSource& features_;
  void* self_ = nullptr;
  SvpCudaStatus status_{};
  KCenterState state_;
  std::vector<KCenterPick> picks_;
  double load_seconds_ = 0;
  mutable KCenterCounters counters_;
};

}  // namespace

std::unique_ptr<KCenterBackend> cuda_k_center_backend(const SvpCudaTable& table, const FeatureSource& features,
                                                      const DeviceChoice& choice, const KCenterTuning& tuning,
                                                      const JobControl& control) {
  return std::make_unique<CudaKCenters>(table, features, choice, tuning, control);
}

}  // namespace svp

#include "core/pairwise_distances.h"

#include <algorithm>
#include <memory>

#include "binding/arguments.h"
#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

namespace {

// Starting a thread costs about as much as this many differences.
constexpr double kWorkPerThread = 1 << 17;

class PairwiseDistancesJob : public Job {
 public:
  explicit PairwiseDistancesJob(const Napi::CallbackInfo& info)
      : a_(matrix_argument(this, info[0], info[1], info[4], "a")),
        b_(matrix_argument(this, info[2], info[3], info[4], "b")),
        options_{boolean_argument(info[5], "cosine"), boolean_argument(info[6], "squared")},
        threads_(threads_argument(info[7])),
        output_(float64_argument(this, info[8], "output")),
        set_(instruction_set_argument(info[9])),
        device_(device_argument(info[10])) {
    if (b_.rows != 0 ? output_.length % b_.rows != 0 || output_.length / b_.rows != a_.rows : output_.length != 0) {
      throw Error(ErrorCode::shape, "output must hold one value for each pair of rows.");
    }
  }

 private:
  void run(JobControl& control) override {
    const double work = static_cast<double>(a_.rows) * static_cast<double>(b_.rows) * static_cast<double>(a_.columns + 8);
    ThreadPool pool(useful_threads(threads_, static_cast<std::size_t>(std::min(work / kWorkPerThread, 1024.0)) + 1));
    pairwise_distances(a_, b_, options_, set_, pool, control, output_.data, device_);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const MatrixView a_;
  const MatrixView b_;
  const PairwiseOptions options_;
  const unsigned threads_;
  const Span<double> output_;
  const InstructionSet set_;
  const DeviceChoice device_;
};

}  // namespace

Napi::Value pairwise_distances(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<PairwiseDistancesJob>(info));
}

}  // namespace svp::binding

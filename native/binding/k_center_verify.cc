#include "svp/k_center_verify.h"

#include <memory>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/job.h"
#include "binding/operations.h"
#include "svp/error.h"

namespace svp::binding {

namespace {

class KCenterVerifyJob : public Job {
 public:
  explicit KCenterVerifyJob(const Napi::CallbackInfo& info)
      : cosine_(boolean_argument(info[5], "cosine")),
        threads_(threads_argument(info[6])),
        rows_out_(uint32_argument(this, info[7], "outputRows")),
        squares_out_(float64_argument(this, info[8], "outputSquares")),
        set_(instruction_set_argument(info[9])) {
    if (info[3].IsNull()) matrix_ = matrix_argument(this, info[0], info[1], info[2], "features");
    else path_ = string_argument(info[3], "path");
    if (!info[4].IsArray()) throw Error(ErrorCode::option, "runs must be an array.");
    const Napi::Array runs = info[4].As<Napi::Array>();
    std::size_t steps = 0;
    for (std::uint32_t r = 0; r < runs.Length(); r++) {
      const Napi::Object given = runs.Get(r).As<Napi::Object>();
      KCenterVerifyRun run;
      run.rows = copied_rows(given.Get("rows"), "runs.rows");
      run.centers = copied_rows(given.Get("centers"), "runs.centers");
      run.steps = copied_rows(given.Get("steps"), "runs.steps");
      steps += run.steps.size();
      runs_.push_back(std::move(run));
    }
    if (rows_out_.length != steps || squares_out_.length != 2 * steps) {
      throw Error(ErrorCode::shape, "outputRows must hold one value and outputSquares two for each step.");
    }
  }

 private:
  void run(JobControl& control) override {
    const std::unique_ptr<FeatureSource> features = path_.empty() ? memory_features(matrix_) : npy_features(path_);
    ThreadPool pool(threads_);
    const std::vector<KCenterVerifyStep> steps = svp::k_center_verify(*features, runs_, cosine_, set_, pool, control);
    for (std::size_t s = 0; s < steps.size(); s++) {
      rows_out_.data[s] = steps[s].farthest_row;
      squares_out_.data[2 * s] = steps[s].farthest;
      squares_out_.data[2 * s + 1] = steps[s].picked;
    }
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const bool cosine_;
  const unsigned threads_;
  const Span<std::uint32_t> rows_out_;
  const Span<double> squares_out_;
  const InstructionSet set_;
  MatrixView matrix_;
  std::string path_;
  std::vector<KCenterVerifyRun> runs_;
};

}  // namespace

Napi::Value k_center_verify(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<KCenterVerifyJob>(info));
}

}  // namespace svp::binding

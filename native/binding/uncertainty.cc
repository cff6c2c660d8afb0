#include "core/uncertainty.h"

#include <memory>

#include "binding/arguments.h"
#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

namespace {

// Starting a thread costs about as much as scoring this many values.
constexpr std::size_t kValuesPerThread = 1 << 15;

class UncertaintyJob : public Job {
 public:
  explicit UncertaintyJob(const Napi::CallbackInfo& info)
      : logits_(matrix_argument(this, info[0], info[1], info[2], "logits")),
        threads_(threads_argument(info[3])),
        output_{measure(info[4], "entropy"), measure(info[5], "leastConfidence"), measure(info[6], "margin")},
        set_(instruction_set_argument(info[7])),
        device_(device_argument(info[8])) {
    if (logits_.columns == 0 && logits_.rows != 0) throw Error(ErrorCode::shape, "logits must have at least one column.");
  }

 private:
  // null leaves a measure out.
  float* measure(const Napi::Value& value, const char* what) {
    if (value.IsNull()) return nullptr;
    const Span<float> values = float32_argument(this, value, what);
    if (values.length != logits_.rows) {
      throw Error(ErrorCode::shape, std::string(what) + " must hold one value for each row.");
    }
    return values.data;
  }

  void run(JobControl& control) override {
    ThreadPool pool(useful_threads(threads_, logits_.rows * logits_.columns / kValuesPerThread + 1));
    uncertainty(logits_, output_, set_, pool, control, device_);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const MatrixView logits_;
  const unsigned threads_;
  const UncertaintyOutput output_;
  const InstructionSet set_;
  const DeviceChoice device_;
};

}  // namespace

Napi::Value uncertainty(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<UncertaintyJob>(info));
}

}  // namespace svp::binding

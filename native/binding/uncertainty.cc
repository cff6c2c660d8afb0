#include "core/uncertainty.h"

#include <memory>
#include <string>

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
      : input_(rows_argument(info)),
        threads_(threads_argument(info[5])),
        output_{measure(info[6], "entropy"), measure(info[7], "leastConfidence"), measure(info[8], "margin")},
        set_(instruction_set_argument(info[9])),
        device_(device_argument(info[10])) {
    if (input_.columns == 0 && input_.rows != 0) throw Error(ErrorCode::shape, "logits must have at least one column.");
  }

 private:
  UncertaintyRows rows_argument(const Napi::CallbackInfo& info) {
    UncertaintyRows input;
    if (info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_uint16_array) {
      const Span<std::uint16_t> values = uint16_argument(this, info[0], "logits");
      input.half = values.data;
      input.rows = size_argument(info[1], "rows");
      input.columns = size_argument(info[2], "columns");
      require_matrix(values.length, input.rows, input.columns, "logits");
    } else {
      input = matrix_argument(this, info[0], info[1], info[2], "logits");
    }
    const std::string from = string_argument(info[3], "from");
    if (from != "logits" && from != "probabilities") {
      throw Error(ErrorCode::option, "from must be 'logits' or 'probabilities'.");
    }
    input.probabilities = from == "probabilities";
    const double temperature = info[4].IsNumber() ? info[4].As<Napi::Number>().DoubleValue() : 0;
    if (!(temperature >= 1e-6 && temperature <= 1e6)) {
      throw Error(ErrorCode::option, "temperature must be a number from 1e-6 to 1e6.");
    }
    input.temperature = temperature;
    return input;
  }

  // null leaves a measure out.
  float* measure(const Napi::Value& value, const char* what) {
    if (value.IsNull()) return nullptr;
    const Span<float> values = float32_argument(this, value, what);
    if (values.length != input_.rows) {
      throw Error(ErrorCode::shape, std::string(what) + " must hold one value for each row.");
    }
    return values.data;
  }

  void run(JobControl& control) override {
    ThreadPool pool(useful_threads(threads_, input_.rows * input_.columns / kValuesPerThread + 1));
    uncertainty(input_, output_, set_, pool, control, device_);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const UncertaintyRows input_;
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

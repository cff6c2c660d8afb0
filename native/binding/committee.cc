#include "core/committee.h"

#include <memory>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

namespace {

// Starting a thread costs about as much as the exponentials of this many values.
constexpr std::size_t kValuesPerThread = 1 << 14;

class CommitteeJob : public Job {
 public:
  explicit CommitteeJob(const Napi::CallbackInfo& info)
      : members_(members_argument(info)),
        temperature_(info[3].IsNumber() ? info[3].As<Napi::Number>().DoubleValue() : 0),
        threads_(threads_argument(info[4])),
        output_{measure(info[5], "voteEntropy"), measure(info[6], "divergence")},
        set_(instruction_set_argument(info[7])) {
    if (!(temperature_ >= 1e-6 && temperature_ <= 1e6)) {
      throw Error(ErrorCode::option, "temperature must be a number from 1e-6 to 1e6.");
    }
  }

 private:
  std::vector<MatrixView> members_argument(const Napi::CallbackInfo& info) {
    if (!info[0].IsArray()) throw Error(ErrorCode::shape, "members must be an array of Float32Arrays.");
    const Napi::Array list = info[0].As<Napi::Array>();
    std::vector<MatrixView> members;
    for (std::uint32_t j = 0; j < list.Length(); j++) {
      const std::string what = "members[" + std::to_string(j) + "]";
      members.push_back(matrix_argument(this, list.Get(j), info[1], info[2], what.c_str()));
    }
    if (members.empty()) throw Error(ErrorCode::shape, "members must hold at least one matrix.");
    if (members[0].columns == 0 && members[0].rows != 0) {
      throw Error(ErrorCode::shape, "members must have at least one column.");
    }
    return members;
  }

  // null leaves a measure out.
  float* measure(const Napi::Value& value, const char* what) {
    if (value.IsNull()) return nullptr;
    const Span<float> values = float32_argument(this, value, what);
    if (values.length != members_[0].rows) {
      throw Error(ErrorCode::shape, std::string(what) + " must hold one value for each row.");
    }
    return values.data;
  }

  void run(JobControl& control) override {
    const std::size_t values = members_.size() * members_[0].rows * members_[0].columns;
    ThreadPool pool(useful_threads(threads_, values / kValuesPerThread + 1));
    committee_uncertainty(members_, temperature_, output_, set_, pool, control);
  }

  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const std::vector<MatrixView> members_;
  const double temperature_;
  const unsigned threads_;
  const CommitteeOutput output_;
  const InstructionSet set_;
};

}  // namespace

Napi::Value committee_uncertainty(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<CommitteeJob>(info));
}

}  // namespace svp::binding

#include "svp/k_center_greedy.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/arguments.h"
#include "binding/job.h"
#include "binding/operations.h"
#include "svp/error.h"
#include "svp/feature_source.h"

namespace svp::binding {

namespace {

void check_rows(const std::vector<std::uint32_t>& rows, std::size_t count, const char* what) {
  for (const std::uint32_t row : rows) {
    if (row >= count) {
      throw Error(ErrorCode::index, std::string(what) + " names row " + std::to_string(row) + " of a pool of " +
                                        std::to_string(count) + ".");
    }
  }
}

class KCenterGreedyJob : public Job {
 public:
  explicit KCenterGreedyJob(const Napi::CallbackInfo& info) {
    if (info[3].IsNull()) {
      matrix_ = matrix_argument(this, info[0], info[1], info[2], "features");
      rows_ = matrix_.rows;
    } else {
      path_ = string_argument(info[3], "path");
      rows_ = size_argument(info[1], "rows");
    }
    if (rows_ >= kNoCenter) throw Error(ErrorCode::shape, "features have more rows than 2^32 − 2.");
    read_runs(info[4]);
    read_options(info[5]);
    std::size_t budget = 0;
    for (const KCenterRun& run : options_.runs) budget += run.budget;
    const Span<std::uint32_t> indices = uint32_argument(this, info[6], "outputIndices");
    const Span<double> radii = float64_argument(this, info[7], "outputRadii");
    if (indices.length != budget || radii.length != budget) {
      throw Error(ErrorCode::shape, "outputIndices and outputRadii must hold one value for each pick.");
    }
    output_.indices = indices.data;
    output_.radii = radii.data;
    if (!info[8].IsNull()) {
      const Span<std::uint32_t> assignments = uint32_argument(this, info[8], "outputAssignments");
      if (assignments.length != rows_) {
        throw Error(ErrorCode::shape, "outputAssignments must hold one value for each row.");
      }
      output_.assignments = assignments.data;
    }
  }

 private:
  void read_runs(const Napi::Value& value) {
    if (!value.IsArray()) throw Error(ErrorCode::option, "runs must be an array.");
    const Napi::Array runs = value.As<Napi::Array>();
    for (std::uint32_t r = 0; r < runs.Length(); r++) {
      const Napi::Object given = runs.Get(r).As<Napi::Object>();
      KCenterRun run;
      run.whole_pool = given.Get("rows").IsNull();
      if (!run.whole_pool) run.rows = copied_rows(given.Get("rows"), "runs.rows");
      run.budget = size_argument(given.Get("budget"), "runs.budget");
      run.initial = copied_rows(given.Get("initial"), "runs.initial");
      run.first = copied_rows(given.Get("first"), "runs.first");
      check_rows(run.rows, rows_, "runs.rows");
      check_rows(run.initial, rows_, "runs.initial");
      check_rows(run.first, rows_, "runs.first");
      if (run.budget > 0 && run.initial.empty() && run.first.empty()) {
        throw Error(ErrorCode::option, "A run without an initial pool needs a first pick.");
      }
      options_.runs.push_back(std::move(run));
    }
  }

  void read_options(const Napi::Value& value) {
    if (!value.IsObject()) throw Error(ErrorCode::option, "options must be an object.");
    const Napi::Object given = value.As<Napi::Object>();
    options_.cosine = boolean_argument(given.Get("cosine"), "cosine");
    if (!given.Get("radius").IsNumber()) throw Error(ErrorCode::option, "radius must be a number.");
    options_.radius = given.Get("radius").As<Napi::Number>().DoubleValue();
    options_.threads = threads_argument(given.Get("threads"));
    options_.checkpoint = string_argument(given.Get("checkpoint"), "checkpoint");
    options_.checkpoint_every_ms = size_argument(given.Get("checkpointEveryMs"), "checkpointEveryMs");
    options_.identity = string_argument(given.Get("identity"), "identity");
    const std::string filter = string_argument(given.Get("filter"), "filter");
    options_.tuning.filter = filter == "dense"       ? KCenterTuning::Filter::dense
                             : filter == "projected" ? KCenterTuning::Filter::projected
                                                     : KCenterTuning::Filter::automatic;
    options_.tuning.filter_columns = size_argument(given.Get("filterColumns"), "filterColumns");
    set_ = instruction_set_argument(given.Get("instructionSet"));
    options_.tuning.block = size_argument(given.Get("block"), "block");
    options_.tuning.wake = size_argument(given.Get("wake"), "wake");
    options_.device = device_argument(given.Get("device"));
  }

  void run(JobControl& control) override {
    const std::unique_ptr<FeatureSource> features = path_.empty() ? memory_features(matrix_) : npy_features(path_);
    if (features->rows() != rows_) {
      throw Error(ErrorCode::file, path_ + " changed while it was being read: it had " + std::to_string(rows_) +
                                       " rows and has " + std::to_string(features->rows()) + " now.");
    }
    // A thread for a few thousand values costs more than it saves.
    options_.threads = useful_threads(options_.threads, rows_ * features->columns() / 16384 + 1);
    result_ = svp::k_center_greedy(*features, options_, set_, control, output_);
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Object out = Napi::Object::New(env);
    Napi::Array picked = Napi::Array::New(env);
    for (const std::uint64_t count : result_.picked) picked.Set(picked.Length(), static_cast<double>(count));
    const KCenterCounters& c = result_.counters;
    out.Set("picked", picked);
    out.Set("backend", result_.backend);
    out.Set("deviceNote", result_.device_note);
    out.Set("instructionSet", name(set_));
    const std::pair<const char*, double> numbers[] = {
        {"resumedPicks", static_cast<double>(result_.resumed_picks)},
        {"threads", static_cast<double>(options_.threads)},
        {"seconds", result_.seconds},
        {"loadSeconds", c.load_seconds},
        {"wakeSeconds", c.wake_seconds},
        {"updateSeconds", c.update_seconds},
        {"blockSeconds", c.block_seconds},
        {"rounds", static_cast<double>(c.rounds)},
        {"epochs", static_cast<double>(c.epochs)},
        {"woken", static_cast<double>(c.woken)},
        {"pairs", static_cast<double>(c.pairs)},
        {"pairsRefined", static_cast<double>(c.pairs_refined)},
        {"exact", static_cast<double>(c.exact)},
        {"filterColumns", static_cast<double>(c.filter_columns)},
        {"peakBytes", static_cast<double>(c.bytes)},
    };
    for (const auto& [key, value] : numbers) out.Set(key, value);
    return out;
  }

  InstructionSet set_ = InstructionSet::scalar;
  MatrixView matrix_;
  std::string path_;
  std::size_t rows_ = 0;
  KCenterOptions options_;
  KCenterOutput output_;
  KCenterResult result_;
};

}  // namespace

Napi::Value k_center_greedy(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<KCenterGreedyJob>(info));
}

Napi::Value npy_shape(const Napi::CallbackInfo& info) {
  const NpyShape shape = svp::npy_shape(string_argument(info[0], "path"));
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("rows", static_cast<double>(shape.rows));
  out.Set("columns", static_cast<double>(shape.columns));
  out.Set("dtype", shape.dtype);
  return out;
}

}  // namespace svp::binding

#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/fasttext_handles.h"
#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

FastTextUse::FastTextUse(std::shared_ptr<FastTextHandle> handle, bool writes)
    : handle_(std::move(handle)), writes_(writes) {
  int now = handle_->readers.load();
  do {
    if (now < 0 || (writes_ && now > 0)) {
      throw Error(ErrorCode::option, "The model is being trained: wait for that before it is used.");
    }
  } while (!handle_->readers.compare_exchange_weak(now, writes_ ? -1 : now + 1));
}

FastTextUse::~FastTextUse() {
  if (writes_) handle_->readers.store(0);
  else handle_->readers.fetch_sub(1);
}

namespace {

// null: every example.
std::vector<std::uint32_t> indices_argument(const Napi::Value& value, const FastTextCorpus& corpus) {
  std::vector<std::uint32_t> indices;
  if (value.IsNull()) {
    indices.resize(corpus.size());
    std::iota(indices.begin(), indices.end(), 0u);
    return indices;
  }
  indices = copied_rows(value, "indices");
  for (const std::uint32_t index : indices) {
    if (index >= corpus.size()) {
      throw Error(ErrorCode::index, "indices names example " + std::to_string(index) + " of a corpus of " +
                                        std::to_string(corpus.size()) + ".");
    }
  }
  return indices;
}

FastTextOptions options_argument(const Napi::Value& value) {
  if (!value.IsObject()) throw Error(ErrorCode::option, "options must be an object.");
  const Napi::Object given = value.As<Napi::Object>();
  FastTextOptions o;
  o.dim = size_argument(given.Get("dim"), "dim");
  o.word_ngrams = size_argument(given.Get("wordNgrams"), "wordNgrams");
  o.buckets = size_argument(given.Get("buckets"), "buckets");
  o.min_count = size_argument(given.Get("minCount"), "minCount");
  o.seed = size_argument(given.Get("seed"), "seed");
  if (o.dim < 1 || o.dim > 4096 || o.word_ngrams < 1 || o.word_ngrams > 64 || o.buckets < 1 ||
      o.buckets > kMostBuckets || o.min_count > 0xffffffffu) {
    throw Error(ErrorCode::option, "options of the model are outside what it can have.");
  }
  return o;
}

// A model made from a corpus, or one that is there made ready to be trained further.
class StartJob : public Job {
 public:
  explicit StartJob(const Napi::CallbackInfo& info)
      : corpus_(handle_argument<FastTextCorpus>(info[0], "corpus")),
        indices_(indices_argument(info[1], *corpus_)),
        threads_(threads_argument(info[5])) {
    if (info[2].IsNull()) {
      handle_ = std::make_shared<FastTextHandle>();
      const std::size_t classes = size_argument(info[3], "classes");
      if (classes < 1 || classes > (std::size_t{1} << 24)) throw Error(ErrorCode::option, "classes must be 1 to 2^24.");
      handle_->model = std::make_shared<FastTextModel>(options_argument(info[4]), classes);
    } else {
      handle_ = handle_argument<FastTextHandle>(info[2], "model");
    }
    use_ = std::make_unique<FastTextUse>(handle_, true);
  }

 private:
  void run(JobControl& control) override {
    ThreadPool pool(useful_threads(threads_, corpus_->tokens() / 16384 + 1));
    const auto examples = std::make_shared<FastTextExamples>();
    if (handle_->model->input.size() == 0) make_model(*corpus_, indices_, *handle_->model, *examples, pool, control);
    else encode_examples(*corpus_, indices_, *handle_->model, *examples, pool, control);
    handle_->examples = examples;
  }

  Napi::Value result(Napi::Env env) override {
    use_.reset();
    Napi::Object out = Napi::Object::New(env);
    out.Set("model", make_handle(env, handle_));
    out.Set("tokens", static_cast<double>(handle_->examples->tokens));
    out.Set("hash", std::to_string(handle_->examples->hash));
    return out;
  }

  const std::shared_ptr<FastTextCorpus> corpus_;
  const std::vector<std::uint32_t> indices_;
  const unsigned threads_;
  std::shared_ptr<FastTextHandle> handle_;
  std::unique_ptr<FastTextUse> use_;
};

class EpochJob : public Job {
 public:
  explicit EpochJob(const Napi::CallbackInfo& info)
      : use_(std::make_unique<FastTextUse>(handle_argument<FastTextHandle>(info[0], "model"), true)),
        labels_(copied_rows(info[1], "labels")) {
    if (!info[2].IsObject()) throw Error(ErrorCode::option, "schedule must be an object.");
    const Napi::Object given = info[2].As<Napi::Object>();
    epoch_.epoch = size_argument(given.Get("epoch"), "schedule.epoch");
    epoch_.epochs = size_argument(given.Get("epochs"), "schedule.epochs");
    if (!given.Get("learningRate").IsNumber()) throw Error(ErrorCode::option, "learningRate must be a number.");
    epoch_.learning_rate = given.Get("learningRate").As<Napi::Number>().DoubleValue();
    epoch_.shuffle = boolean_argument(given.Get("shuffle"), "schedule.shuffle");
    const FastTextHandle& handle = *use_->handle();
    if (!handle.examples) throw Error(ErrorCode::option, "The model has no examples to be trained on.");
    if (labels_.size() != handle.examples->size()) throw Error(ErrorCode::shape, "There must be a label for each example.");
    for (const std::uint32_t label : labels_) {
      if (label >= handle.model->classes) throw Error(ErrorCode::index, "A label is beyond the classes of the model.");
    }
    if (!info[3].IsNull()) {
      const Span<std::uint8_t> correct = uint8_argument(this, info[3], "outputCorrect");
      if (correct.length != labels_.size()) throw Error(ErrorCode::shape, "outputCorrect must hold one value for each example.");
      correct_ = correct.data;
    }
    threads_ = threads_argument(info[4]);
    set_ = instruction_set_argument(info[5]);
  }

 private:
  void run(JobControl& control) override {
    const FastTextHandle& handle = *use_->handle();
    ThreadPool pool(useful_threads(threads_, labels_.size() / 64 + 1));
    result_ = train_epoch(*handle.model, *handle.examples, labels_, epoch_, correct_, set_, pool, control);
  }

  Napi::Value result(Napi::Env env) override {
    use_.reset();
    Napi::Object out = Napi::Object::New(env);
    out.Set("loss", result_.loss);
    out.Set("correct", static_cast<double>(result_.correct));
    return out;
  }

  std::unique_ptr<FastTextUse> use_;
  const std::vector<std::uint32_t> labels_;
  FastTextEpoch epoch_;
  std::uint8_t* correct_ = nullptr;
  unsigned threads_ = 0;
  InstructionSet set_ = InstructionSet::scalar;
  FastTextEpochResult result_;
};

class ScoreJob : public Job {
 public:
  explicit ScoreJob(const Napi::CallbackInfo& info)
      : use_(std::make_unique<FastTextUse>(handle_argument<FastTextHandle>(info[0], "model"), false)),
        corpus_(handle_argument<FastTextCorpus>(info[1], "corpus")),
        indices_(indices_argument(info[2], *corpus_)) {
    const FastTextModel& model = *use_->handle()->model;
    output_.logits = output(info[3], model.classes, "outputLogits");
    output_.probabilities = output(info[4], model.classes, "outputProbabilities");
    output_.features = output(info[5], model.options.dim, "outputFeatures");
    threads_ = threads_argument(info[6]);
    set_ = instruction_set_argument(info[7]);
  }

 private:
  float* output(const Napi::Value& value, std::size_t columns, const char* what) {
    if (value.IsNull()) return nullptr;
    const Span<float> values = float32_argument(this, value, what);
    if (values.length != indices_.size() * columns) throw Error(ErrorCode::shape, std::string(what) + " has the wrong length.");
    return values.data;
  }

  void run(JobControl& control) override {
    ThreadPool pool(useful_threads(threads_, indices_.size() / 256 + 1));
    score_fasttext(*use_->handle()->model, *corpus_, indices_, output_, set_, pool, control);
  }
  Napi::Value result(Napi::Env env) override {
    use_.reset();
    return env.Undefined();
  }

  std::unique_ptr<FastTextUse> use_;
  const std::shared_ptr<FastTextCorpus> corpus_;
  const std::vector<std::uint32_t> indices_;
  FastTextOutput output_;
  unsigned threads_ = 0;
  InstructionSet set_ = InstructionSet::scalar;
};

}  // namespace

Napi::Value fasttext_start(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<StartJob>(info));
}

Napi::Value fasttext_epoch(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<EpochJob>(info));
}

Napi::Value fasttext_score(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<ScoreJob>(info));
}

}  // namespace svp::binding

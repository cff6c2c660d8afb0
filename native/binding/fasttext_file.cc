#include "core/fasttext_file.h"

#include <algorithm>
#include <memory>
#include <string>

#include "binding/arguments.h"
#include "binding/fasttext_handles.h"
#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

namespace {

class SaveJob : public Job {
 public:
  explicit SaveJob(const Napi::CallbackInfo& info)
      : use_(std::make_unique<FastTextUse>(handle_argument<FastTextHandle>(info[0], "model"), false)),
        path_(string_argument(info[1], "path")),
        previous_(string_argument(info[2], "previous")) {
    const Span<std::uint8_t> text = uint8_argument(nullptr, info[3], "text");
    attachments_.text.assign(text.data, text.data + text.length);
    attachments_.presentations = copied_rows(info[4], "presentations");
    attachments_.events = copied_rows(info[5], "events");
    const Span<std::uint8_t> state = uint8_argument(nullptr, info[6], "state");
    attachments_.state.assign(state.data, state.data + state.length);
  }

 private:
  void run(JobControl& control) override {
    write_fasttext(path_, previous_, *use_->handle()->model, attachments_, control);
  }
  Napi::Value result(Napi::Env env) override {
    use_.reset();
    return env.Undefined();
  }

  std::unique_ptr<FastTextUse> use_;
  const std::string path_;
  const std::string previous_;
  FastTextAttachments attachments_;
};

template <typename Array, typename Values>
Array typed(Napi::Env env, const Values& values) {
  Array out = Array::New(env, values.size());
  std::copy(values.begin(), values.end(), out.Data());
  return out;
}

class LoadJob : public Job {
 public:
  explicit LoadJob(const Napi::CallbackInfo& info)
      : path_(string_argument(info[0], "path")), counters_(boolean_argument(info[1], "counters")) {}

 private:
  void run(JobControl& control) override {
    handle_->model = read_fasttext(path_, attachments_, control);
    if (!counters_) {
      attachments_.presentations.clear();
      attachments_.events.clear();
      attachments_.state.clear();
    }
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Object out = Napi::Object::New(env);
    out.Set("model", make_handle(env, handle_));
    out.Set("text", typed<Napi::Uint8Array>(env, attachments_.text));
    out.Set("presentations", typed<Napi::Uint32Array>(env, attachments_.presentations));
    out.Set("events", typed<Napi::Uint32Array>(env, attachments_.events));
    out.Set("state", typed<Napi::Uint8Array>(env, attachments_.state));
    return out;
  }

  const std::string path_;
  const bool counters_;
  const std::shared_ptr<FastTextHandle> handle_ = std::make_shared<FastTextHandle>();
  FastTextAttachments attachments_;
};

}  // namespace

Napi::Value fasttext_save(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<SaveJob>(info));
}

Napi::Value fasttext_load(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<LoadJob>(info));
}

Napi::Value fasttext_describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const FastTextUse use(handle_argument<FastTextHandle>(info[0], "model"), false);
  const FastTextModel& model = *use.handle()->model;
  Napi::Object out = Napi::Object::New(env);
  const std::pair<const char*, double> numbers[] = {
      {"dim", static_cast<double>(model.options.dim)},
      {"wordNgrams", static_cast<double>(model.options.word_ngrams)},
      {"buckets", static_cast<double>(model.options.buckets)},
      {"minCount", static_cast<double>(model.options.min_count)},
      {"seed", static_cast<double>(model.options.seed)},
      {"classes", static_cast<double>(model.classes)},
      {"words", static_cast<double>(model.words.size())},
      {"rows", static_cast<double>(model.rows())},
  };
  for (const auto& [key, value] : numbers) out.Set(key, value);
  return out;
}

Napi::Value fasttext_rows(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const FastTextUse use(handle_argument<FastTextHandle>(info[0], "model"), false);
  const FastTextModel& model = *use.handle()->model;
  const std::size_t first = size_argument(info[1], "first");
  const std::size_t count = size_argument(info[2], "count");
  const Span<float> values = float32_argument(nullptr, info[3], "outputValues");
  if (first > model.words.size() || count > model.words.size() - first || values.length != count * model.options.dim) {
    throw Error(ErrorCode::index, "The model has no such words.");
  }
  Napi::Array words = Napi::Array::New(env, count);
  Napi::Array counts = Napi::Array::New(env, count);
  for (std::size_t i = 0; i < count; i++) {
    words.Set(static_cast<std::uint32_t>(i), Napi::String::New(env, std::string(model.words.word(first + i))));
    counts.Set(static_cast<std::uint32_t>(i), static_cast<double>(model.counts[first + i]));
    std::copy_n(model.input.data() + (first + i) * model.stride, model.options.dim, values.data + i * model.options.dim);
  }
  Napi::Object out = Napi::Object::New(env);
  out.Set("words", words);
  out.Set("counts", counts);
  return out;
}

}  // namespace svp::binding

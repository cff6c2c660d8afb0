#include "core/fasttext_corpus.h"

#include <memory>
#include <string>

#include "binding/arguments.h"
#include "binding/fasttext_handles.h"
#include "binding/job.h"
#include "binding/operations.h"

namespace svp::binding {

namespace {

FastTextFormat format_argument(const Napi::Value& value) {
  if (!value.IsObject()) throw Error(ErrorCode::option, "format must be an object.");
  const Napi::Object given = value.As<Napi::Object>();
  FastTextFormat format;
  const std::string kind = string_argument(given.Get("kind"), "format.kind");
  if (kind != "text" && kind != "labelled" && kind != "csv") {
    throw Error(ErrorCode::option, "format.kind must be text, labelled or csv.");
  }
  format.kind = kind == "text"   ? FastTextFormat::Kind::text
                : kind == "csv" ? FastTextFormat::Kind::csv
                                 : FastTextFormat::Kind::labelled;
  format.normalize = boolean_argument(given.Get("normalize"), "format.normalize");
  format.label_prefix = string_argument(given.Get("labelPrefix"), "format.labelPrefix");
  format.labelled_csv = !given.Get("labelColumn").IsNull();
  if (format.labelled_csv) format.label_column = size_argument(given.Get("labelColumn"), "format.labelColumn");
  for (const std::uint32_t column : copied_rows(given.Get("textColumns"), "format.textColumns")) {
    format.text_columns.push_back(column);
  }
  format.header = boolean_argument(given.Get("header"), "format.header");
  return format;
}

class CorpusFileJob : public Job {
 public:
  explicit CorpusFileJob(const Napi::CallbackInfo& info)
      : corpus_(handle_argument<FastTextCorpus>(info[0], "corpus")), path_(string_argument(info[1], "path")) {}

 private:
  void run(JobControl& control) override { corpus_->read(path_, control); }
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const std::shared_ptr<FastTextCorpus> corpus_;
  const std::string path_;
};

class CorpusPushJob : public Job {
 public:
  explicit CorpusPushJob(const Napi::CallbackInfo& info)
      : corpus_(handle_argument<FastTextCorpus>(info[0], "corpus")),
        bytes_(uint8_argument(this, info[1], "bytes")),
        last_(boolean_argument(info[2], "last")) {}

 private:
  void run(JobControl& control) override {
    corpus_->push({reinterpret_cast<const char*>(bytes_.data), bytes_.length}, control);
    if (last_) corpus_->finish();
  }
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const std::shared_ptr<FastTextCorpus> corpus_;
  const Span<std::uint8_t> bytes_;
  const bool last_;
};

class CorpusTextsJob : public Job {
 public:
  explicit CorpusTextsJob(const Napi::CallbackInfo& info)
      : corpus_(handle_argument<FastTextCorpus>(info[0], "corpus")),
        bytes_(uint8_argument(this, info[1], "bytes")),
        ends_(uint32_argument(this, info[2], "ends")) {}

 private:
  void run(JobControl& control) override {
    control.total.store(ends_.length, std::memory_order_relaxed);
    const std::string_view bytes(reinterpret_cast<const char*>(bytes_.data), bytes_.length);
    std::size_t from = 0;
    for (std::size_t i = 0; i < ends_.length; i++) {
      if (i % 256 == 0) control.check();
      const std::size_t end = ends_.data[i];
      if (end < from || end > bytes.size()) throw Error(ErrorCode::shape, "ends must ascend within the bytes.");
      corpus_->add_text(bytes.substr(from, end - from));
      from = end;
    }
    control.done.store(ends_.length, std::memory_order_relaxed);
  }
  Napi::Value result(Napi::Env env) override { return env.Undefined(); }

  const std::shared_ptr<FastTextCorpus> corpus_;
  const Span<std::uint8_t> bytes_;
  const Span<std::uint32_t> ends_;
};

}  // namespace

Napi::Value fasttext_corpus(const Napi::CallbackInfo& info) {
  return make_handle(info.Env(), std::make_shared<FastTextCorpus>(format_argument(info[0])));
}

Napi::Value fasttext_corpus_file(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<CorpusFileJob>(info));
}

Napi::Value fasttext_corpus_push(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<CorpusPushJob>(info));
}

Napi::Value fasttext_corpus_texts(const Napi::CallbackInfo& info) {
  return Job::start(info.Env(), std::make_unique<CorpusTextsJob>(info));
}

Napi::Value fasttext_corpus_describe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto corpus = handle_argument<FastTextCorpus>(info[0], "corpus");
  Napi::Object out = Napi::Object::New(env);
  out.Set("examples", static_cast<double>(corpus->size()));
  out.Set("tokens", static_cast<double>(corpus->tokens()));
  out.Set("words", static_cast<double>(corpus->words().size()));
  Napi::Array names = Napi::Array::New(env);
  for (std::size_t i = 0; i < corpus->label_names().size(); i++) {
    names.Set(names.Length(), Napi::String::New(env, std::string(corpus->label_names().word(i))));
  }
  out.Set("labelNames", names);
  const std::vector<std::uint32_t>& labels = corpus->labels();
  Napi::Uint32Array numbers = Napi::Uint32Array::New(env, labels.size());
  std::copy(labels.begin(), labels.end(), numbers.Data());
  out.Set("labels", numbers);
  return out;
}

}  // namespace svp::binding

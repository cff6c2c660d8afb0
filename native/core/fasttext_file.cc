#include "core/fasttext_file.h"

#include <algorithm>
#include <cstring>

#include "core/checked_file.h"
#include "core/fasttext_random.h"
#include "svp/error.h"

namespace svp {

namespace {

constexpr char kMagic[8] = {'S', 'V', 'P', 'F', 'T', '0', '0', '1'};
constexpr std::size_t kRowsAtATime = 16384;
constexpr std::uint64_t kMostDim = 4096;
constexpr std::uint64_t kMostClasses = std::uint64_t{1} << 24;

// Rows in pieces, so that a cancel is heard and no second copy of the model is made.
void write_rows(CheckedWriter& file, const float* rows, std::size_t count, std::size_t dim, std::size_t stride,
                JobControl& control) {
  std::vector<float> piece;
  for (std::size_t from = 0; from < count; from += kRowsAtATime) {
    control.check();
    const std::size_t to = std::min(count, from + kRowsAtATime);
    piece.resize((to - from) * dim);
    for (std::size_t row = from; row < to; row++) std::copy_n(rows + row * stride, dim, &piece[(row - from) * dim]);
    file.array(piece.data(), piece.size());
    control.done.fetch_add(to - from, std::memory_order_relaxed);
  }
}

void read_rows(CheckedReader& file, float* rows, std::size_t count, std::size_t dim, std::size_t stride,
               const std::string& path, JobControl& control) {
  for (std::size_t from = 0; from < count; from += kRowsAtATime) {
    control.check();
    const std::size_t to = std::min(count, from + kRowsAtATime);
    const std::vector<float> piece = file.array<float>();
    if (piece.size() != (to - from) * dim) throw Error(ErrorCode::checkpoint, path + " is damaged: its rows have another length.");
    for (std::size_t row = from; row < to; row++) {
      std::copy_n(&piece[(row - from) * dim], dim, rows + row * stride);
      std::fill(rows + row * stride + dim, rows + (row + 1) * stride, 0.0f);
    }
    control.done.fetch_add(to - from, std::memory_order_relaxed);
  }
}

}  // namespace

void write_fasttext(const std::string& path, const std::string& previous, const FastTextModel& model,
                    const FastTextAttachments& attachments, JobControl& control) {
  control.total.store(model.rows() + model.classes, std::memory_order_relaxed);
  CheckedWriter file(path, kMagic);
  const FastTextOptions& o = model.options;
  for (const std::uint64_t number : {std::uint64_t{o.dim}, std::uint64_t{o.word_ngrams}, std::uint64_t{o.buckets},
                                     std::uint64_t{o.min_count}, o.seed, std::uint64_t{model.classes}}) {
    file.number(number);
  }
  file.array(attachments.text.data(), attachments.text.size());
  file.array(attachments.presentations.data(), attachments.presentations.size());
  file.array(attachments.events.data(), attachments.events.size());
  file.array(attachments.state.data(), attachments.state.size());
  std::string bytes;
  std::vector<std::uint64_t> ends;
  for (std::size_t w = 0; w < model.words.size(); w++) {
    bytes.append(model.words.word(w));
    ends.push_back(bytes.size());
  }
  file.array(bytes.data(), bytes.size());
  file.array(ends.data(), ends.size());
  file.array(model.counts.data(), model.counts.size());
  file.array(model.row_buckets.data(), model.row_buckets.size());
  write_rows(file, model.input.data(), model.rows(), o.dim, model.stride, control);
  write_rows(file, model.output.data(), model.classes, o.dim, model.stride, control);
  control.check();
  file.commit(previous.empty() ? path : previous);
}

std::shared_ptr<FastTextModel> read_fasttext(const std::string& path, FastTextAttachments& attachments,
                                             JobControl& control) {
  CheckedReader file(path, kMagic);
  const auto require = [&](bool holds, const char* what) {
    if (!holds) throw Error(ErrorCode::checkpoint, path + " is damaged: " + what + ".");
  };
  FastTextOptions o;
  o.dim = file.number();
  o.word_ngrams = file.number();
  o.buckets = file.number();
  o.min_count = file.number();
  o.seed = file.number();
  const std::uint64_t classes = file.number();
  require(o.dim >= 1 && o.dim <= kMostDim, "its dimension is impossible");
  require(o.word_ngrams >= 1 && o.word_ngrams <= 64, "the length of its n-grams is impossible");
  require(o.buckets >= 1 && o.buckets <= kMostBuckets, "its number of buckets is impossible");
  require(classes >= 1 && classes <= kMostClasses, "its number of classes is impossible");
  const auto model = std::make_shared<FastTextModel>(o, static_cast<std::size_t>(classes));
  attachments.text = file.array<std::uint8_t>();
  attachments.presentations = file.array<std::uint32_t>();
  attachments.events = file.array<std::uint32_t>();
  attachments.state = file.array<std::uint8_t>();
  require(attachments.events.size() == attachments.presentations.size() &&
              attachments.state.size() == attachments.presentations.size(),
          "its counters have different lengths");
  const std::vector<char> bytes = file.array<char>();
  const std::vector<std::uint64_t> ends = file.array<std::uint64_t>();
  model->counts = file.array<std::uint64_t>();
  model->row_buckets = file.array<std::uint32_t>();
  require(model->counts.size() == ends.size(), "its words have no counts");
  std::uint64_t from = 0;
  for (const std::uint64_t end : ends) {
    require(end >= from && end <= bytes.size(), "its words overlap");
    const std::string_view word(bytes.data() + from, static_cast<std::size_t>(end - from));
    const std::size_t id = model->words.size();
    require(model->words.add(word, fasttext_hash(word)) == id, "it holds a word twice");
    if (id % 65536 == 0) control.check();
    from = end;
  }
  require(o.word_ngrams > 1 || model->row_buckets.empty(), "it has n-grams and says that it has none");
  for (const std::uint32_t bucket : model->row_buckets) require(bucket < o.buckets, "it has a bucket beyond its table");
  require(model->rows() < kNoRow, "it has too many rows");
  control.total.store(model->rows() + model->classes, std::memory_order_relaxed);
  model->index_buckets(control);
  // The file is at least as large as its rows: CheckedReader has counted what it promises against what it holds.
  model->input = FastTextMemory<float>(model->rows() * model->stride, "The model");
  read_rows(file, model->input.data(), model->rows(), o.dim, model->stride, path, control);
  model->output = FastTextMemory<float>(model->classes * model->stride, "The classes of the model");
  read_rows(file, model->output.data(), model->classes, o.dim, model->stride, path, control);
  file.finish();
  return model;
}

}  // namespace svp

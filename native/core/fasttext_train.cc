#include "core/fasttext_train.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <numeric>
#include <string>

#include "core/fasttext_random.h"
#include "svp/error.h"

namespace svp {

namespace {

constexpr std::size_t kTogether = 32;       // examples between two exchanges of the classes' rows
constexpr std::size_t kMostPrefetched = 2048;  // ids of an example; more would push its own rows out again
constexpr std::size_t kLine = 64;

// What one thread works with.
struct Scratch {
  FastTextMemory<float> hidden, gradient, z;
  FastTextMemory<float> own, last;  // the classes' rows: as this thread has them, and as it took them
  double loss = 0;
  std::uint64_t correct = 0;

  Scratch(const FastTextModel& model, bool alone)
      : hidden(model.stride, "Training"),
        gradient(model.stride, "Training"),
        z(softmax_room(model.classes), "Training"),
        own(alone ? 0 : model.output.size(), "Training"),
        last(alone ? 0 : model.output.size(), "Training") {}
};

// The rows of the example after the one at work come into the cache meanwhile.
void prefetch_rows(const FastTextModel& model, const FastTextExamples& examples, std::size_t example) {
  const std::uint32_t* ids = examples.begin(example);
  const std::size_t count = std::min(examples.count(example), kMostPrefetched);
  const bool two = model.stride * sizeof(float) > kLine;  // the processor fetches what follows by itself
  for (std::size_t i = 0; i < count; i++) {
    const char* row = reinterpret_cast<const char*>(model.input.data() + ids[i] * model.stride);
    __builtin_prefetch(row, 1);
    if (two) __builtin_prefetch(row + kLine, 1);
  }
}

void prefetch_ids(const FastTextExamples& examples, std::size_t example) {
  const char* ids = reinterpret_cast<const char*>(examples.begin(example));
  const std::size_t bytes = std::min(examples.count(example) * sizeof(std::uint32_t), 16 * kLine);
  for (std::size_t at = 0; at < bytes; at += kLine) __builtin_prefetch(ids + at);
}

// One step on one example: forward, the verdict, backward, update.
void present(FastTextModel& model, float* output, const std::uint32_t* ids, std::size_t count, std::uint32_t label,
             float rate, const FastTextKernels& kernels, Scratch& scratch, std::uint8_t* correct) {
  const float share = 1.0f / static_cast<float>(count);
  float* hidden = scratch.hidden.data();
  float* z = scratch.z.data();
  kernels.mean(model.input.data(), model.stride, ids, count, share, hidden);
  kernels.scores(output, model.stride, model.classes, hidden, z);
  std::size_t best = 0;
  for (std::size_t c = 1; c < model.classes; c++) best = z[c] > z[best] ? c : best;
  const bool right = best == label;
  scratch.correct += right;
  if (correct != nullptr) *correct = right;
  const float of_label = z[label];
  float largest, sum;
  kernels.exponentials(z, model.classes, &largest, &sum);
  scratch.loss += std::log(static_cast<double>(sum)) - (static_cast<double>(of_label) - static_cast<double>(largest));
  const float per_sum = 1.0f / sum;
  for (std::size_t c = 0; c < model.classes; c++) {
    z[c] = rate * ((c == label ? 1.0f : 0.0f) - z[c] * per_sum);
  }
  kernels.step(output, model.stride, model.classes, z, hidden, scratch.gradient.data());
  for (std::size_t k = 0; k < model.stride; k++) scratch.gradient.data()[k] *= share;
  kernels.add(model.input.data(), model.stride, ids, count, scratch.gradient.data());
}

// A thread's changes into the model, the model into the thread's copy.
void exchange(FastTextModel& model, Scratch& scratch, std::mutex& mutex, bool first) {
  float* shared = model.output.data();
  float* own = scratch.own.data();
  float* last = scratch.last.data();
  const std::lock_guard<std::mutex> lock(mutex);
  for (std::size_t i = 0; i < model.output.size(); i++) {
    if (!first) shared[i] += own[i] - last[i];
    own[i] = last[i] = shared[i];
  }
}

}  // namespace

FastTextEpochResult train_epoch(FastTextModel& model, const FastTextExamples& examples,
                                const std::vector<std::uint32_t>& labels, const FastTextEpoch& epoch,
                                std::uint8_t* correct, InstructionSet set, ThreadPool& pool, JobControl& control) {
  const std::size_t n = examples.size();
  control.total.store(n, std::memory_order_relaxed);
  if (n == 0) return {};
  const FastTextKernels& kernels = fasttext_kernels(set);
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  if (epoch.shuffle) fasttext_shuffle(model.options.seed, epoch.epoch, order);
  control.check();

  const bool alone = pool.size() == 1;
  std::mutex mutex;
  std::vector<Scratch> scratches;
  for (unsigned t = 0; t < pool.size(); t++) {
    scratches.emplace_back(model, alone);
    if (!alone) exchange(model, scratches.back(), mutex, true);
  }
  const double all = static_cast<double>(n) * static_cast<double>(epoch.epochs);
  pool.parallel_for(n, kTogether, [&](std::size_t from, std::size_t to, unsigned thread) {
    control.check();
    Scratch& scratch = scratches[thread];
    float* output = alone ? model.output.data() : scratch.own.data();
    for (std::size_t p = from; p < to; p++) {
      if (p + 2 < n) prefetch_ids(examples, order[p + 2]);
      if (p + 1 < n) prefetch_rows(model, examples, order[p + 1]);
      const std::size_t i = order[p];
      const double done = static_cast<double>(epoch.epoch) * static_cast<double>(n) + static_cast<double>(p);
      const float rate = static_cast<float>(epoch.learning_rate * (1.0 - done / all));
      const std::size_t count = examples.count(i);
      if (count > 0) {
        present(model, output, examples.begin(i), count, labels[i], rate, kernels, scratch,
                correct == nullptr ? nullptr : correct + i);
      } else {
        // Only words below the least count, and no n-grams: all scores are 0, the first class wins.
        scratch.correct += labels[i] == 0;
        scratch.loss += std::log(static_cast<double>(model.classes));
        if (correct != nullptr) correct[i] = labels[i] == 0;
      }
    }
    if (!alone) exchange(model, scratch, mutex, false);
    control.done.fetch_add(to - from, std::memory_order_relaxed);
  });

  FastTextEpochResult result;
  for (const Scratch& scratch : scratches) {
    result.loss += scratch.loss / static_cast<double>(n);
    result.correct += scratch.correct;
  }
  if (!std::isfinite(result.loss)) {
    throw Error(ErrorCode::nonfinite, "The loss of epoch " + std::to_string(epoch.epoch + 1) +
                                          " is no number any more: take a lower learning rate than " +
                                          std::to_string(epoch.learning_rate) + ".");
  }
  return result;
}

void score_fasttext(const FastTextModel& model, const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices,
                    const FastTextOutput& output, InstructionSet set, ThreadPool& pool, JobControl& control) {
  const FastTextKernels& kernels = fasttext_kernels(set);
  control.total.store(indices.size(), std::memory_order_relaxed);
  const std::vector<FastTextWordKey> keys = word_keys(model, corpus, control);
  const FastTextOptions& o = model.options;

  struct Work {
    std::vector<std::uint32_t> ids, unseen;
    std::vector<float> hidden, row, z;
  };
  std::vector<Work> works(pool.size());
  for (Work& work : works) {
    work.hidden.resize(model.stride);
    work.row.resize(model.stride);
    work.z.resize(softmax_room(model.classes));
  }
  pool.parallel_for(indices.size(), 64, [&](std::size_t from, std::size_t to, unsigned thread) {
    control.check();
    Work& work = works[thread];
    for (std::size_t i = from; i < to; i++) {
      const std::uint32_t* begin = corpus.begin(indices[i]);
      const std::uint32_t* end = corpus.end(indices[i]);
      work.ids.clear();
      work.unseen.clear();
      for (const std::uint32_t* token = begin; token < end; token++) {
        if (keys[*token].row != kNoWord) work.ids.push_back(keys[*token].row);
      }
      if (o.word_ngrams > 1) {
        const std::size_t words = work.ids.size();
        for_each_bucket(keys.data(), begin, end, o.word_ngrams, o.buckets, [&](std::uint32_t bucket) {
          __builtin_prefetch(&model.bucket_rows.data()[bucket]);
          work.ids.push_back(bucket);
        });
        std::size_t kept = words;
        for (std::size_t k = words; k < work.ids.size(); k++) {
          const std::uint32_t row = model.bucket_rows.data()[work.ids[k]];
          if (row == kNoRow) {
            work.unseen.push_back(work.ids[k]);
          } else {
            __builtin_prefetch(model.input.data() + row * model.stride);
            work.ids[kept++] = row;
          }
        }
        work.ids.resize(kept);
      }
      const std::size_t count = work.ids.size() + work.unseen.size();
      const float share = count == 0 ? 0.0f : 1.0f / static_cast<float>(count);
      float* hidden = work.hidden.data();
      kernels.mean(model.input.data(), model.stride, work.ids.data(), work.ids.size(), share, hidden);
      for (const std::uint32_t bucket : work.unseen) {
        fasttext_first_values(o.seed, FastTextRow::ngram, bucket, o.dim, model.stride, work.row.data());
        for (std::size_t k = 0; k < o.dim; k++) hidden[k] += share * work.row[k];
      }
      if (output.features != nullptr) std::copy_n(hidden, o.dim, output.features + i * o.dim);
      if (output.logits == nullptr && output.probabilities == nullptr) continue;
      float* z = work.z.data();
      kernels.scores(model.output.data(), model.stride, model.classes, hidden, z);
      if (output.logits != nullptr) std::copy_n(z, model.classes, output.logits + i * model.classes);
      if (output.probabilities == nullptr) continue;
      float largest, sum;
      kernels.exponentials(z, model.classes, &largest, &sum);
      for (std::size_t c = 0; c < model.classes; c++) output.probabilities[i * model.classes + c] = z[c] / sum;
    }
    control.done.fetch_add(to - from, std::memory_order_relaxed);
  });
}

}  // namespace svp

#include "core/fasttext_model.h"

#include <algorithm>
#include <string>

#include "core/checked_file.h"
#include "core/fasttext_random.h"
#include "svp/error.h"

namespace svp {

namespace {

constexpr std::size_t kGrain = 512;               // examples between two looks at the cancel flag
constexpr std::size_t kManyItems = std::size_t{1} << 18;

// The numbers of what has a count of at least `least`, by falling count, then by number. Counts from 2^16 − 1 on are
// taken as equal: order is for the caches' sake, and a counting sort stays linear.
std::vector<std::uint32_t> by_frequency(const std::uint32_t* counts, std::size_t size, std::uint32_t least,
                                        const JobControl& control) {
  constexpr std::uint32_t kTop = 0xffff;
  std::vector<std::uint64_t> starts(kTop + 2, 0);
  for (std::size_t i = 0; i < size; i++) {
    if (i % kManyItems == 0) control.check();
    if (counts[i] >= least) starts[kTop - std::min(counts[i], kTop) + 1]++;
  }
  for (std::size_t k = 1; k < starts.size(); k++) starts[k] += starts[k - 1];
  std::vector<std::uint32_t> order(starts.back());
  for (std::size_t i = 0; i < size; i++) {
    if (i % kManyItems == 0) control.check();
    if (counts[i] >= least) order[starts[kTop - std::min(counts[i], kTop)]++] = static_cast<std::uint32_t>(i);
  }
  return order;
}

// Words of the model and their counts; n-grams come later.
std::vector<FastTextWordKey> choose_words(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices,
                                          FastTextModel& model, const JobControl& control) {
  const FastTextWords& all = corpus.words();
  std::vector<std::uint32_t> counts(all.size(), 0);
  for (std::size_t i = 0; i < indices.size(); i++) {
    if (i % kGrain == 0) control.check();
    for (const std::uint32_t* token = corpus.begin(indices[i]); token < corpus.end(indices[i]); token++) {
      counts[*token] += counts[*token] != 0xffffffffu;
    }
  }
  const std::uint32_t least = static_cast<std::uint32_t>(std::max<std::size_t>(1, model.options.min_count));
  const std::vector<std::uint32_t> order = by_frequency(counts.data(), counts.size(), least, control);
  std::vector<FastTextWordKey> keys(all.size());
  for (std::size_t w = 0; w < all.size(); w++) keys[w] = {kNoWord, all.hash(w)};
  for (std::size_t i = 0; i < order.size(); i++) {
    if (i % kManyItems == 0) control.check();
    keys[order[i]].row = model.words.add(all.word(order[i]), all.hash(order[i]));
    model.counts.push_back(counts[order[i]]);
  }
  return keys;
}

// Where each example's ids end, and room for them.
void measure(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices,
             const std::vector<FastTextWordKey>& keys, std::size_t longest, FastTextExamples& examples,
             const JobControl& control) {
  examples.ends.reserve(indices.size() + 1);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < indices.size(); i++) {
    if (i % kGrain == 0) control.check();
    const std::uint32_t* begin = corpus.begin(indices[i]);
    const std::uint32_t* end = corpus.end(indices[i]);
    const std::size_t tokens = static_cast<std::size_t>(end - begin);
    for (const std::uint32_t* token = begin; token < end; token++) total += keys[*token].row != kNoWord;
    // Of n-grams of k words there are tokens − k + 1.
    for (std::size_t k = 2; k <= longest && k <= tokens; k++) total += tokens - k + 1;
    examples.tokens += tokens;
    examples.ends.push_back(total);
  }
  examples.ids = FastTextMemory<std::uint32_t>(static_cast<std::size_t>(total), "The text as rows of the model");
}

// Words as their rows, n-grams as their buckets with kNoRow.
void write_ids(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices,
               const std::vector<FastTextWordKey>& keys, const FastTextOptions& options, FastTextExamples& examples,
               ThreadPool& pool, const JobControl& control) {
  pool.parallel_for(indices.size(), kGrain, [&](std::size_t from, std::size_t to, unsigned) {
    control.check();
    for (std::size_t i = from; i < to; i++) {
      const std::uint32_t* begin = corpus.begin(indices[i]);
      const std::uint32_t* end = corpus.end(indices[i]);
      std::uint32_t* id = examples.ids.data() + examples.ends[i];
      for (const std::uint32_t* token = begin; token < end; token++) {
        if (keys[*token].row != kNoWord) *id++ = keys[*token].row;
      }
      if (options.word_ngrams > 1) {
        for_each_bucket(keys.data(), begin, end, options.word_ngrams, options.buckets,
                        [&id](std::uint32_t bucket) { *id++ = bucket | kNoRow; });
      }
    }
  });
}

// Buckets as their rows. False if one has none.
bool resolve_buckets(const FastTextModel& model, FastTextExamples& examples, ThreadPool& pool,
                     const JobControl& control) {
  std::uint8_t missing = 0;
  pool.parallel_for(examples.ids.size(), kManyItems, [&](std::size_t from, std::size_t to, unsigned) {
    control.check();
    constexpr std::size_t kAhead = 24;
    std::uint32_t* ids = examples.ids.data();
    for (std::size_t i = from; i < to; i++) {
      if (i + kAhead < to && (ids[i + kAhead] & kNoRow) != 0) {
        __builtin_prefetch(&model.bucket_rows.data()[ids[i + kAhead] & ~kNoRow]);
      }
      if ((ids[i] & kNoRow) == 0) continue;
      const std::uint32_t row = model.bucket_rows.data()[ids[i] & ~kNoRow];
      if (row == kNoRow) __atomic_store_n(&missing, 1, __ATOMIC_RELAXED);
      ids[i] = row;
    }
  });
  return missing == 0;
}

void choose_buckets(FastTextModel& model, const FastTextExamples& examples, ThreadPool& pool,
                    const JobControl& control) {
  FastTextMemory<std::uint32_t> counts(model.options.buckets, "Counting n-grams");
  std::uint32_t* count = counts.data();
  pool.parallel_for(counts.size(), kManyItems, [&](std::size_t from, std::size_t to, unsigned) {
    control.check();
    std::fill(count + from, count + to, 0u);
  });
  pool.parallel_for(examples.ids.size(), kManyItems, [&](std::size_t from, std::size_t to, unsigned) {
    control.check();
    constexpr std::size_t kAhead = 24;
    const std::uint32_t* ids = examples.ids.data();
    for (std::size_t i = from; i < to; i++) {
      if (i + kAhead < to && (ids[i + kAhead] & kNoRow) != 0) __builtin_prefetch(&count[ids[i + kAhead] & ~kNoRow], 1);
      if ((ids[i] & kNoRow) != 0) __atomic_fetch_add(&count[ids[i] & ~kNoRow], 1, __ATOMIC_RELAXED);
    }
  });
  model.row_buckets = by_frequency(count, counts.size(), 1, control);
}

std::uint64_t hash_of(const FastTextExamples& examples, const JobControl& control) {
  Checksum checksum;
  const auto add = [&](const void* data, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += kManyItems) {
      control.check();
      checksum.add(static_cast<const char*>(data) + at, std::min(kManyItems, bytes - at));
    }
  };
  add(examples.ends.data(), examples.ends.size() * sizeof(examples.ends[0]));
  add(examples.ids.data(), examples.ids.size() * sizeof(std::uint32_t));
  return checksum.value();
}

}  // namespace

void FastTextModel::index_buckets(const JobControl& control) {
  if (options.word_ngrams < 2) return;
  bucket_rows = FastTextMemory<std::uint32_t>(options.buckets, "The table of n-grams");
  std::uint32_t* rows = bucket_rows.data();
  for (std::size_t b = 0; b < options.buckets; b++) {
    if (b % kManyItems == 0) control.check();
    rows[b] = kNoRow;
  }
  for (std::size_t j = 0; j < row_buckets.size(); j++) {
    if (j % kManyItems == 0) control.check();
    rows[row_buckets[j]] = static_cast<std::uint32_t>(words.size() + j);
  }
}

std::vector<FastTextWordKey> word_keys(const FastTextModel& model, const FastTextCorpus& corpus,
                                       const JobControl& control) {
  const FastTextWords& all = corpus.words();
  std::vector<FastTextWordKey> keys(all.size());
  for (std::size_t w = 0; w < all.size(); w++) {
    if (w % 65536 == 0) control.check();
    keys[w] = {model.words.find(all.word(w), all.hash(w)), all.hash(w)};
  }
  return keys;
}

void make_model(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices, FastTextModel& model,
                FastTextExamples& examples, ThreadPool& pool, JobControl& control) {
  const std::vector<FastTextWordKey> keys = choose_words(corpus, indices, model, control);
  const std::size_t longest = model.options.word_ngrams;
  measure(corpus, indices, keys, longest, examples, control);
  write_ids(corpus, indices, keys, model.options, examples, pool, control);
  if (longest > 1) {
    choose_buckets(model, examples, pool, control);
    model.index_buckets(control);
    resolve_buckets(model, examples, pool, control);
  }
  if (model.rows() >= kNoRow) throw Error(ErrorCode::memory, "The text has more than 2^31 different words and n-grams.");
  examples.hash = hash_of(examples, control);

  const std::size_t stride = model.stride;
  model.input = FastTextMemory<float>(model.rows() * stride, "The model");
  pool.parallel_for(model.rows(), 4096, [&](std::size_t from, std::size_t to, unsigned) {
    control.check();
    for (std::size_t row = from; row < to; row++) {
      const bool word = row < model.words.size();
      fasttext_first_values(model.options.seed, word ? FastTextRow::word : FastTextRow::ngram,
                            word ? model.words.hash(row) : model.row_buckets[row - model.words.size()], model.options.dim, stride,
                            model.input.data() + row * stride);
    }
  });
  model.output = FastTextMemory<float>(model.classes * stride, "The classes of the model");
  std::fill(model.output.data(), model.output.data() + model.output.size(), 0.0f);
}

void encode_examples(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices, FastTextModel& model,
                     FastTextExamples& examples, ThreadPool& pool, JobControl& control) {
  const std::vector<FastTextWordKey> keys = word_keys(model, corpus, control);
  measure(corpus, indices, keys, model.options.word_ngrams, examples, control);
  write_ids(corpus, indices, keys, model.options, examples, pool, control);
  if (model.options.word_ngrams > 1 && !resolve_buckets(model, examples, pool, control)) {
    throw Error(ErrorCode::checkpoint, "The text holds n-grams that the model does not know: it was made from another.");
  }
  examples.hash = hash_of(examples, control);
}

}  // namespace svp

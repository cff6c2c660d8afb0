// The model: a row for every word and for every n-gram bucket that its training text touches, and one for every class.
//
// The table of Joulin et al. has a row for every bucket, 10 million in the paper. Here a bucket that no training example
// falls into has none: its values would never leave their first ones, which fasttext_first_values makes from its number.
// So the model computes what the full table would, takes a fraction of its memory, and its rows lie by frequency, the
// hot ones side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/fasttext_corpus.h"
#include "core/fasttext_memory.h"
#include "svp/control.h"
#include "svp/fasttext_kernels.h"
#include "svp/thread_pool.h"

namespace svp {

struct FastTextOptions {
  std::size_t dim = 10;
  std::size_t word_ngrams = 2;  // 1: words alone
  std::size_t buckets = 10000000;
  std::size_t min_count = 1;
  std::uint64_t seed = 0;
};

// In a list of rows: the number of a bucket that has no row.
constexpr std::uint32_t kNoRow = 0x80000000u;
constexpr std::size_t kMostBuckets = std::size_t{1} << 30;

class FastTextModel {
 public:
  FastTextModel(const FastTextOptions& options, std::size_t classes)
      : options(options), classes(classes), stride(fasttext_stride(options.dim)) {}

  const FastTextOptions options;
  const std::size_t classes;
  const std::size_t stride;

  FastTextWords words;                      // word i has row i
  std::vector<std::uint64_t> counts;        // of the words, in the training text
  std::vector<std::uint32_t> row_buckets;   // the bucket of row words.size() + j
  FastTextMemory<std::uint32_t> bucket_rows;  // per bucket its row, or kNoRow; empty without n-grams
  FastTextMemory<float> input;              // rows() × stride
  FastTextMemory<float> output;             // classes × stride

  std::size_t rows() const { return words.size() + row_buckets.size(); }
  // bucket_rows from row_buckets.
  void index_buckets(const JobControl& control);
};

// The rows of examples, one after the other: the words', then the n-grams', each in the order of the text.
struct FastTextExamples {
  std::vector<std::uint64_t> ends{0};
  FastTextMemory<std::uint32_t> ids;
  std::uint64_t tokens = 0;
  std::uint64_t hash = 0;  // of both arrays: what a checkpoint knows its text by

  std::size_t size() const { return ends.size() - 1; }
  const std::uint32_t* begin(std::size_t i) const { return ids.data() + ends[i]; }
  std::size_t count(std::size_t i) const { return static_cast<std::size_t>(ends[i + 1] - ends[i]); }
};

// What a model knows a corpus' word by.
struct FastTextWordKey {
  std::uint32_t row;   // kNoWord: none, but its hash is part of n-grams
  std::uint32_t hash;
};
std::vector<FastTextWordKey> word_keys(const FastTextModel& model, const FastTextCorpus& corpus,
                                       const JobControl& control);

// Calls of(bucket) for the n-grams of two and more words, as Joulin et al. hash them, by first word, then by length.
template <typename Of>
inline void for_each_bucket(const FastTextWordKey* keys, const std::uint32_t* begin, const std::uint32_t* end,
                            std::size_t longest, std::uint64_t buckets, Of of) {
  const auto hash = [keys](std::uint32_t token) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(keys[token].hash)));
  };
  for (const std::uint32_t* first = begin; first < end; first++) {
    std::uint64_t h = hash(*first);
    const std::uint32_t* stop = static_cast<std::size_t>(end - first) < longest ? end : first + longest;
    for (const std::uint32_t* next = first + 1; next < stop; next++) {
      h = h * 116049371u + hash(*next);
      of(static_cast<std::uint32_t>(h % buckets));
    }
  }
}

// The vocabulary and first values of a model for these examples of a corpus (indices, in their order), and their rows.
// Rows 0 … follow falling frequency, words first. Throws Error(memory), Error(abort).
void make_model(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices, FastTextModel& model,
                FastTextExamples& examples, ThreadPool& pool, JobControl& control);
// The rows of examples for a model that is there, to train it further. Throws Error(checkpoint) if a bucket has none: the
// model was made from another text.
void encode_examples(const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices, FastTextModel& model,
                     FastTextExamples& examples, ThreadPool& pool, JobControl& control);

}  // namespace svp

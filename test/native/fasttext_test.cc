#include <cmath>
#include <cstring>
#include <numeric>
#include <string>

#include "check.h"
#include "core/fasttext_random.h"
#include "core/fasttext_train.h"

using namespace svp;

namespace {

constexpr std::size_t kExamples = 400;
constexpr std::size_t kClasses = 3;

struct Text {
  FastTextCorpus corpus{FastTextFormat{}};
  std::vector<std::uint32_t> labels;
  std::vector<std::uint32_t> indices;

  Text() : indices(kExamples) {
    JobControl control;
    std::string lines;
    for (std::size_t i = 0; i < kExamples; i++) {
      const std::size_t label = fasttext_mix(i) % kClasses;
      lines += "__label__" + std::to_string(label);
      for (std::size_t k = 0; k < 3 + i % 9; k++) {
        const std::uint64_t draw = fasttext_mix(100 * i + k);
        lines += draw % 3 == 0 ? " own" + std::to_string(label) + "x" + std::to_string(draw % 5)
                               : " word" + std::to_string(draw % 50);
      }
      lines += "\n";
    }
    // In pieces of every length.
    for (std::size_t at = 0, length = 1; at < lines.size(); at += length, length = 1 + (length * 7) % 61) {
      corpus.push(std::string_view(lines).substr(at, length), control);
    }
    corpus.finish();
    for (std::size_t i = 0; i < kExamples; i++) labels.push_back(static_cast<std::uint32_t>(fasttext_mix(i) % kClasses));
    std::iota(indices.begin(), indices.end(), 0u);
  }
};

struct Trained {
  FastTextModel model;
  FastTextExamples examples;
  double first_loss = 0, last_loss = 0;
  std::uint64_t correct = 0;

  Trained(const Text& text, const FastTextOptions& options, InstructionSet set, unsigned threads) : model(options, kClasses) {
    ThreadPool pool(threads);
    JobControl control;
    make_model(text.corpus, text.indices, model, examples, pool, control);
    std::vector<std::uint8_t> verdicts(kExamples);
    for (std::uint64_t e = 0; e < 8; e++) {
      const FastTextEpochResult result =
          train_epoch(model, examples, text.labels, {e, 8, 1.0, true}, verdicts.data(), set, pool, control);
      if (e == 0) first_loss = result.loss;
      last_loss = result.loss;
      correct = result.correct;
      CHECK(std::accumulate(verdicts.begin(), verdicts.end(), std::uint64_t{0}) == result.correct);
    }
  }
};

FastTextOptions options_of(std::size_t dim) {
  FastTextOptions options;
  options.dim = dim;
  options.buckets = 1000;
  return options;
}

}  // namespace

TEST(fasttext_one_thread_has_the_same_bits_on_every_instruction_set) {
  const Text text;
  for (const std::size_t dim : {1, 8, 10, 16, 17, 64, 100, 130}) {
    const Trained scalar(text, options_of(dim), InstructionSet::scalar, 1);
    CHECK(scalar.last_loss < scalar.first_loss);
    for (const InstructionSet set : available_instruction_sets()) {
      const Trained other(text, options_of(dim), set, 1);
      CHECK(test::same_bits(other.last_loss, scalar.last_loss));
      CHECK(std::memcmp(other.model.input.data(), scalar.model.input.data(), scalar.model.input.size() * 4) == 0);
      CHECK(std::memcmp(other.model.output.data(), scalar.model.output.data(), scalar.model.output.size() * 4) == 0);
      for (std::size_t row = 0; row < other.model.rows(); row++) {
        for (std::size_t k = dim; k < other.model.stride; k++) {
          CHECK(other.model.input.data()[row * other.model.stride + k] == 0);
        }
      }
    }
  }
}

TEST(fasttext_several_threads_learn_as_well) {
  const Text text;
  const Trained one(text, options_of(10), choose_instruction_set(), 1);
  CHECK(one.correct > kExamples * 8 / 10);
  for (const unsigned threads : {2u, 3u, 8u}) {
    const Trained many(text, options_of(10), choose_instruction_set(), threads);
    CHECK(many.examples.hash == one.examples.hash);
    CHECK(many.correct + kExamples / 10 > one.correct);
    CHECK(std::abs(many.last_loss - one.last_loss) < 0.2);
  }
}

TEST(fasttext_scores_what_was_trained_with_any_number_of_threads) {
  const Text text;
  const Trained trained(text, options_of(10), choose_instruction_set(), 1);
  std::vector<float> expected;
  for (const unsigned threads : {1u, 4u}) {
    std::vector<float> logits(kExamples * kClasses), probabilities(kExamples * kClasses), features(kExamples * 10);
    ThreadPool pool(threads);
    JobControl control;
    score_fasttext(trained.model, text.corpus, text.indices, {logits.data(), probabilities.data(), features.data()},
                   choose_instruction_set(), pool, control);
    if (expected.empty()) expected = logits;
    CHECK(std::memcmp(logits.data(), expected.data(), logits.size() * sizeof(float)) == 0);
    for (std::size_t i = 0; i < kExamples; i++) {
      double sum = 0;
      for (std::size_t c = 0; c < kClasses; c++) {
        const double p = probabilities[i * kClasses + c];
        sum += p;
        const double ratio = std::exp(static_cast<double>(logits[i * kClasses + c]) - logits[i * kClasses]);
        CHECK(std::abs(p / probabilities[i * kClasses] - ratio) < 1e-5 * ratio);
      }
      CHECK(std::abs(sum - 1) < 1e-6);
    }
  }
}

TEST(fasttext_exponentials_are_those_of_the_library) {
  test::Numbers numbers(3);
  for (const InstructionSet set : available_instruction_sets()) {
    for (std::size_t classes = 1; classes <= 40; classes++) {
      std::vector<float> z = numbers.many(classes, classes % 3 == 0 ? 150.0f : 8.0f);
      const std::vector<float> given = z;
      z.resize(softmax_room(classes));
      float largest, sum;
      fasttext_kernels(set).exponentials(z.data(), classes, &largest, &sum);
      double total = 0;
      for (std::size_t c = 0; c < classes; c++) {
        const float difference = given[c] - largest;
        const double exact = std::exp(std::max(-87.0, static_cast<double>(difference)));
        CHECK(std::abs(z[c] - exact) <= 3e-7 * exact);
        CHECK(given[c] <= largest);
        total += z[c];
      }
      CHECK(std::abs(sum - total) <= 1e-6 * total);
    }
  }
}

TEST(fasttext_stops_when_cancelled) {
  const Text text;
  Trained trained(text, options_of(10), choose_instruction_set(), 1);
  for (const unsigned threads : {1u, 4u}) {
    ThreadPool pool(threads);
    JobControl control;
    control.cancelled = true;
    CHECK(test::throws(ErrorCode::abort, [&] {
      train_epoch(trained.model, trained.examples, text.labels, {}, nullptr, choose_instruction_set(), pool, control);
    }));
    FastTextModel model(options_of(10), kClasses);
    FastTextExamples examples;
    CHECK(test::throws(ErrorCode::abort,
                       [&] { make_model(text.corpus, text.indices, model, examples, pool, control); }));
  }
}

// Training and scoring of fastText.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/fasttext_model.h"

namespace svp {

struct FastTextEpoch {
  std::uint64_t epoch = 0;   // 0 … epochs − 1
  std::uint64_t epochs = 5;
  double learning_rate = 0.05;  // of the first presentation; falls linearly to 0 after the last
  bool shuffle = true;       // else in the order of the examples
};

struct FastTextEpochResult {
  double loss = 0;           // mean cross-entropy at presentation, before the step
  std::uint64_t correct = 0;
};

// Presents every example once. `correct` (if not null) says of each whether it was classified correctly before its step:
// what forgetting events are counted from; of equal scores the lowest class wins. With one thread of the pool every
// number is a function of the arguments; with several, threads overwrite a few of each other's steps (Hogwild), and the
// rows of the classes, which everybody writes all the time, are each thread's own for `kTogether` examples.
// An error or a cancel leaves a model that is good for nothing. Throws Error(nonfinite) when the loss is no number.
FastTextEpochResult train_epoch(FastTextModel& model, const FastTextExamples& examples,
                                const std::vector<std::uint32_t>& labels, const FastTextEpoch& epoch,
                                std::uint8_t* correct, InstructionSet set, ThreadPool& pool, JobControl& control);

// Outputs of some examples of a corpus, row after row; null leaves one out.
struct FastTextOutput {
  float* logits = nullptr;         // × classes
  float* probabilities = nullptr;  // × classes
  float* features = nullptr;       // × dim: the averaged embedding
};

void score_fasttext(const FastTextModel& model, const FastTextCorpus& corpus, const std::vector<std::uint32_t>& indices,
                    const FastTextOutput& output, InstructionSet set, ThreadPool& pool, JobControl& control);

}  // namespace svp

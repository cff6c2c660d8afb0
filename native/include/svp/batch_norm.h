// Batch normalisation of float32 pixels over their channels, with or without ReLU behind it, and its gradient (Ioffe and
// Szegedy 2015), on the processor.
#pragma once

#include <cstddef>
#include <memory>

#include "svp/instruction_set.h"
#include "svp/thread_pool.h"

namespace svp {

// x and everything of its shape is pixels × channels.
struct BatchNormShape {
  std::size_t pixels = 0;
  std::size_t channels = 0;
  bool relu = false;
};

// As the three passes of one instruction set on a pool's threads, with their scratch memory. Not reentrant. Sums are cut at
// places that the shape alone sets and joined in float64, so the number of threads changes no bit.
class BatchNorm {
 public:
  BatchNorm(InstructionSet set, ThreadPool& pool);
  ~BatchNorm();
  BatchNorm(const BatchNorm&) = delete;
  BatchNorm& operator=(const BatchNorm&) = delete;

  // Mean and biased variance of every channel: two vectors of `channels`.
  void statistics(const BatchNormShape& shape, const float* x, float* mean, float* variance);
  // y = γ (x − mean) / √(variance + ε) + β, then max(y, 0) with ReLU. y may be x.
  void normalise(const BatchNormShape& shape, const float* x, const float* mean, const float* variance, const float* gamma,
                 const float* beta, float epsilon, float* y);
  // Gradients of both together, where mean and variance are x's own: dx (+ plus; null: nothing), dγ and dβ. With ReLU the sign
  // of y is found again from x, by the same arithmetic as in `normalise`. dx may be dy or plus.
  void gradient(const BatchNormShape& shape, const float* dy, const float* x, const float* mean, const float* variance,
                const float* gamma, const float* beta, float epsilon, const float* plus, float* dx, float* dgamma,
                float* dbeta);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace svp

#include "svp/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "aligned.h"
#include "batch_norm_kernels.h"
#include "dispatch.h"

namespace svp {

namespace {

// Sums run in float32 over at most this many pixels, then in float64.
constexpr std::size_t kRun = 256;
// Pieces of about this many floats: enough for a thread to be worth waking, few enough to share evenly.
constexpr std::size_t kPieceFloats = 64 * 1024;

}  // namespace

struct BatchNorm::State {
  cpu::BatchNormKernels kernels;
  ThreadPool& pool;
  std::vector<double> sums;          // piece × 2 × channels
  std::vector<std::vector<float>> runs;  // thread × 2 × channels
  std::vector<float> vectors;

  std::size_t piece(const BatchNormShape& s) const {
    return std::max<std::size_t>(kRun, kPieceFloats / std::max<std::size_t>(1, s.channels) / kRun * kRun);
  }

  // Two sums per channel over all pixels, by `run(first pixel, pixels, sum, sum)` over short runs.
  template <typename Run>
  void sum(const BatchNormShape& s, std::vector<double>& total, const Run& run) {
    const std::size_t length = piece(s);
    const std::size_t pieces = (s.pixels + length - 1) / length;
    sums.assign(pieces * 2 * s.channels, 0.0);
    pool.parallel_for(pieces, 1, [&](std::size_t begin, std::size_t end, unsigned thread) {
      std::vector<float>& part = runs[thread];
      for (std::size_t p = begin; p < end; p++) {
        double* out = sums.data() + p * 2 * s.channels;
        const std::size_t last = std::min(s.pixels, (p + 1) * length);
        for (std::size_t i = p * length; i < last; i += kRun) {
          part.assign(2 * s.channels, 0.0f);
          run(i, std::min(kRun, last - i), part.data(), part.data() + s.channels);
          for (std::size_t c = 0; c < 2 * s.channels; c++) out[c] += part[c];
        }
      }
    });
    total.assign(2 * s.channels, 0.0);
    for (std::size_t p = 0; p < pieces; p++) {
      for (std::size_t c = 0; c < 2 * s.channels; c++) total[c] += sums[p * 2 * s.channels + c];
    }
  }

  // x·scale + offset is the normalised value; both of `channels`, in `vectors`.
  void affine(const BatchNormShape& s, const float* mean, const float* variance, const float* gamma, const float* beta,
              float epsilon) {
    vectors.resize(4 * s.channels);
    for (std::size_t c = 0; c < s.channels; c++) {
      const float scale = gamma[c] / std::sqrt(variance[c] + epsilon);
      vectors[c] = scale;
      vectors[s.channels + c] = beta[c] - mean[c] * scale;
    }
  }

  template <typename Body>
  void pixels(const BatchNormShape& s, const Body& body) {
    const std::size_t length = piece(s);
    pool.parallel_for((s.pixels + length - 1) / length, 1, [&](std::size_t begin, std::size_t end, unsigned) {
      for (std::size_t p = begin; p < end; p++) {
        const std::size_t first = p * length;
        body(first * s.channels, std::min(length, s.pixels - first));
      }
    });
  }
};

BatchNorm::BatchNorm(InstructionSet set, ThreadPool& pool) {
  using cpu::batch_norm_kernels_scalar;
#if defined(__x86_64__)
  using cpu::batch_norm_kernels_avx2;
  using cpu::batch_norm_kernels_avx512;
#elif defined(__aarch64__)
  using cpu::batch_norm_kernels_neon;
#endif
  state_.reset(new State{cpu::dispatch(set, SVP_KERNELS(batch_norm_kernels))(), pool, {}, {}, {}});
  state_->runs.resize(pool.size());
}

BatchNorm::~BatchNorm() = default;

void BatchNorm::statistics(const BatchNormShape& s, const float* x, float* mean, float* variance) {
  // Around the first pixel's values, so that a mean far from zero takes no digits from the variance.
  const std::vector<float> shift(x, x + s.channels);
  std::vector<double> total;
  state_->sum(s, total, [&](std::size_t first, std::size_t count, float* sum, float* squares) {
    state_->kernels.statistics(x + first * s.channels, count, s.channels, shift.data(), sum, squares);
  });
  const double n = static_cast<double>(s.pixels);
  for (std::size_t c = 0; c < s.channels; c++) {
    const double d = total[c] / n;
    mean[c] = static_cast<float>(shift[c] + d);
    variance[c] = static_cast<float>(std::max(0.0, total[s.channels + c] / n - d * d));
  }
}

void BatchNorm::normalise(const BatchNormShape& s, const float* x, const float* mean, const float* variance,
                          const float* gamma, const float* beta, float epsilon, float* y) {
  state_->affine(s, mean, variance, gamma, beta, epsilon);
  const float* scale = state_->vectors.data();
  state_->pixels(s, [&](std::size_t at, std::size_t count) {
    state_->kernels.normalise(x + at, count, s.channels, s.relu, scale, scale + s.channels, y + at);
  });
}

void BatchNorm::gradient(const BatchNormShape& s, const float* dy, const float* x, const float* mean, const float* variance,
                         const float* gamma, const float* beta, float epsilon, const float* plus, float* dx, float* dgamma,
                         float* dbeta) {
  state_->affine(s, mean, variance, gamma, beta, epsilon);
  const float* scale = state_->vectors.data();
  const float* offset = scale + s.channels;
  float* slope = state_->vectors.data() + 2 * s.channels;
  float* constant = slope + s.channels;
  std::vector<double> total;
  state_->sum(s, total, [&](std::size_t first, std::size_t count, float* sum, float* products) {
    const std::size_t at = first * s.channels;
    state_->kernels.gradient_sums(dy + at, x + at, count, s.channels, s.relu, scale, offset, mean, sum, products);
  });
  const double n = static_cast<double>(s.pixels);
  for (std::size_t c = 0; c < s.channels; c++) {
    const double rate = 1.0 / std::sqrt(static_cast<double>(variance[c]) + static_cast<double>(epsilon));
    const double sum = total[c];
    const double product = total[s.channels + c];
    dbeta[c] = static_cast<float>(sum);
    dgamma[c] = static_cast<float>(product * rate);
    // dx = γ rate (g − Σg / n − (x − mean) rate² Σg(x − mean) / n)
    const double along = -gamma[c] * rate * rate * rate * product / n;
    slope[c] = static_cast<float>(along);
    constant[c] = static_cast<float>(-gamma[c] * rate * sum / n - along * mean[c]);
  }
  state_->pixels(s, [&](std::size_t at, std::size_t count) {
    state_->kernels.gradient(dy + at, x + at, count, s.channels, s.relu, scale, offset, slope, constant,
                             plus != nullptr ? plus + at : nullptr, dx + at);
  });
}

}  // namespace svp

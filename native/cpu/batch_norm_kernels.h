// The loops of batch normalisation over some pixels, one file per instruction set.
#pragma once

#include <cstddef>

namespace svp::cpu {

struct BatchNormKernels {
  // sum += Σ (x − shift), squares += Σ (x − shift)², per channel.
  void (*statistics)(const float* x, std::size_t pixels, std::size_t channels, const float* shift, float* sum,
                     float* squares);
  // y = x·scale + offset, with ReLU its positive part.
  void (*normalise)(const float* x, std::size_t pixels, std::size_t channels, bool relu, const float* scale,
                    const float* offset, float* y);
  // With g = dy, or with ReLU dy where x·scale + offset > 0 and else 0: sum += Σ g, products += Σ g (x − mean).
  void (*gradient_sums)(const float* dy, const float* x, std::size_t pixels, std::size_t channels, bool relu,
                        const float* scale, const float* offset, const float* mean, float* sum, float* products);
  // dx = g·scale + (x·slope + constant) (+ plus).
  void (*gradient)(const float* dy, const float* x, std::size_t pixels, std::size_t channels, bool relu,
                   const float* scale, const float* offset, const float* slope, const float* constant, const float* plus,
                   float* dx);
};

BatchNormKernels batch_norm_kernels_scalar();
BatchNormKernels batch_norm_kernels_avx2();
BatchNormKernels batch_norm_kernels_avx512();
BatchNormKernels batch_norm_kernels_neon();

}  // namespace svp::cpu

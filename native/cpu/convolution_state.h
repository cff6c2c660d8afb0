// What the three convolutions share: kernels, threads and scratch memory that stays.
#pragma once

#include <vector>

#include "aligned.h"
#include "convolution_kernels.h"
#include "svp/convolution.h"

namespace svp {

struct Convolution::State {
  // One thread's.
  struct Scratch {
    cpu::Aligned<float> source;
    cpu::Aligned<float> gradient;
    std::vector<std::uint32_t> pixels;
    std::vector<std::size_t> outputs;
  };

  State(const cpu::ConvolutionKernels& k, ThreadPool& p) : kernels(k), pool(p), scratch(p.size()) {}

  const cpu::ConvolutionKernels kernels;
  ThreadPool& pool;
  std::vector<Scratch> scratch;
  cpu::Aligned<float> weights;
  cpu::Aligned<float> sums;
};

}  // namespace svp

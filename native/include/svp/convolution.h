// Two-dimensional convolution of float32 images and its gradients, on the processor.
#pragma once

#include <cstddef>
#include <memory>

#include "svp/instruction_set.h"
#include "svp/thread_pool.h"

namespace svp {

// Images are batch × height × width × channels, filters height × width × in × out (TensorFlow's NHWC and HWIO).
struct ConvolutionShape {
  std::size_t batch = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t inputs = 0;   // channels of x
  std::size_t outputs = 0;  // channels of y
  std::size_t filter_height = 1;
  std::size_t filter_width = 1;
  std::size_t stride_height = 1;
  std::size_t stride_width = 1;
  // Zeros around the images, in pixels.
  std::size_t top = 0;
  std::size_t bottom = 0;
  std::size_t left = 0;
  std::size_t right = 0;

  std::size_t output_height() const { return (height + top + bottom - filter_height) / stride_height + 1; }
  std::size_t output_width() const { return (width + left + right - filter_width) / stride_width + 1; }
};

// The convolutions of one instruction set on a pool's threads, with their scratch memory. Not reentrant.
// Every result is the same to the bit whatever the number of threads: sums are cut at places that the shape alone sets.
class Convolution {
 public:
  Convolution(InstructionSet set, ThreadPool& pool);
  ~Convolution();
  Convolution(const Convolution&) = delete;
  Convolution& operator=(const Convolution&) = delete;

  // y = x ∗ w (+ plus, of y's shape; null: nothing). y may be plus.
  void forward(const ConvolutionShape& shape, const float* x, const float* w, const float* plus, float* y);
  // dx from dy (+ plus, of dx's shape; null: nothing). dx may be plus.
  void input_gradient(const ConvolutionShape& shape, const float* w, const float* dy, const float* plus, float* dx);
  // dw from x and dy.
  void filter_gradient(const ConvolutionShape& shape, const float* x, const float* dy, float* dw);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace svp

// The arithmetic of fastText on one example (Joulin et al. 2016, "Bag of tricks for efficient text classification"):
//
//   hidden = (1/n) Σ input[ids[i]]          z = output · hidden          p = softmax(z)
//   a_c = rate ([c = label] − p_c)          gradient = Σ_c a_c output[c], then output[c] += a_c hidden
//   input[ids[i]] += (1/n) gradient
//
// float32 throughout, multiply and add apart, sums in the order written in cpu/fasttext_row.h: one thread gives the same
// bits on every instruction set. Rows are `stride` floats long and the floats past the dimension are zero and stay so.
//
// Rows of `input` are read and written by several threads without locks (Niu et al. 2011, "Hogwild!"): a lost update
// costs a little of one gradient step, and 4-byte floats never tear on the processors that this builds for. These
// kernels are therefore compiled without the thread sanitizer's instrumentation; nothing else shares memory unguarded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/instruction_set.h"

namespace svp {

struct FastTextKernels {
  // hidden = scale · Σ rows, in the order of ids.
  void (*mean)(const float* rows, std::size_t stride, const std::uint32_t* ids, std::size_t count, float scale,
               float* hidden);
  // z_c = output[c] · hidden.
  void (*scores)(const float* output, std::size_t stride, std::size_t classes, const float* hidden, float* z);
  // z becomes exp(z − max z) and is not yet divided by the sum; gives the largest and the sum. `z` has room for
  // softmax_room(classes) floats; those past the classes are overwritten.
  void (*exponentials)(float* z, std::size_t classes, float* largest, float* sum);
  // step[c] holds a_c. gradient = Σ_c a_c output[c]; output[c] += a_c hidden.
  void (*step)(float* output, std::size_t stride, std::size_t classes, const float* steps, const float* hidden,
               float* gradient);
  // rows[ids[i]] += gradient, in the order of ids.
  void (*add)(float* rows, std::size_t stride, const std::uint32_t* ids, std::size_t count, const float* gradient);
};

const FastTextKernels& fasttext_kernels(InstructionSet set);

// Floats between two rows: 8 up to a dimension of 8, else whole cache lines of 16.
static constexpr std::size_t fasttext_stride(std::size_t dim) { return dim <= 8 ? 8 : (dim + 15) / 16 * 16; }
static constexpr std::size_t softmax_room(std::size_t classes) { return (classes + 7) / 8 * 8; }

}  // namespace svp

// The inner loops of convolutions, one file per instruction set. Operands are packed by convolution.cc and filter_gradient.cc.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/instruction_set.h"

namespace svp::cpu {

// A stretch of the source that one output pixel reads: `length` floats from `offset` on, relative to the pixel's own place.
// The taps of one row of a filter are one stretch, since pixels lie side by side.
struct SourceRun {
  std::uint32_t offset;
  std::uint32_t length;
};

// Some output pixels × one panel of output channels.
struct ConvolutionPanel {
  const float* source;            // a copy with zeros around it
  const std::uint32_t* pixels;    // where each output pixel's source begins, in floats
  const std::size_t* outputs;     // where each output pixel's channels begin in `y` and `plus`, in floats
  std::size_t count;              // of output pixels
  const SourceRun* runs;
  std::size_t run_count;
  const float* weights;           // (all runs, one after the other) × panel width
  float* y;
  const float* plus;              // added to y; null: nothing
  std::size_t channels;           // of the panel's, how many there are
};

// Part of the gradient of a filter: one row of its taps × one panel of output channels, over some rows of output pixels.
struct FilterPanel {
  const float* x;                 // a copy with zeros around it, channels of one group only
  const std::uint32_t* rows;      // where each row of output pixels begins in x, in floats
  std::size_t row_count;
  std::size_t columns;            // output pixels in a row
  std::size_t step;               // floats in x from one output pixel to the next
  const float* dy;                // (row_count · columns) × panel width
  std::size_t taps;               // floats of x that a pixel reads: taps in the row × channels of the group
  float* sum;                     // taps × panel width; added to
};

struct PanelKernels {
  std::size_t panel;              // output channels in a panel
  void (*convolve)(const ConvolutionPanel&);
  void (*filter)(const FilterPanel&);
};

struct ConvolutionKernels {
  PanelKernels wide;              // two vectors of channels
  PanelKernels narrow;            // one
  // For an operation that makes so many channels.
  const PanelKernels& of(std::size_t channels) const { return channels <= narrow.panel ? narrow : wide; }
};

ConvolutionKernels convolution_kernels_scalar();
ConvolutionKernels convolution_kernels_avx2();
ConvolutionKernels convolution_kernels_avx512();
ConvolutionKernels convolution_kernels_neon();

}  // namespace svp::cpu

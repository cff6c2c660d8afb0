// The gradient of a convolution's filter: for each tap, the products of the source pixels that it met with dy, summed over
// all images. Cut two ways: into groups of input channels, each of which owns its part of dw, and into parts of the batch,
// each of which sums into memory of its own; these are added in order, so that the number of threads changes no bit.
#include <algorithm>

#include "convolution_state.h"
#include "padded_copy.h"
#include "svp/convolution.h"

namespace svp {

namespace {

// Input channels in a group: with a row of three taps 48 floats, eight register tiles.
constexpr std::size_t kGroup = 16;
// Groups of a piece of work: each piece packs all of dy.
constexpr std::size_t kPieceGroups = 4;
// Output pixels in a block: source and dy of one group and panel stay in the first-level cache.
constexpr std::size_t kPixels = 160;
// Floats that all parts' sums may take together.
constexpr std::size_t kSumFloats = 1 << 20;
constexpr std::size_t kMostParts = 16;

}  // namespace

void Convolution::filter_gradient(const ConvolutionShape& s, const float* x, const float* dy, float* dw) {
  if (winograd_pays(s)) return state_->winograd_filter_gradient(s, x, dy, dw);
  State& state = *state_;
  const cpu::PanelKernels& kernels = state.kernels.of(s.outputs);
  const std::size_t panel = kernels.panel;
  const std::size_t panels = (s.outputs + panel - 1) / panel;
  const std::size_t high = s.output_height();
  const std::size_t wide = s.output_width();
  const std::size_t width = std::min(kGroup, s.inputs);  // channels of a group; the last group's rest is zeros
  const std::size_t groups = (s.inputs + width - 1) / width;
  const std::size_t piece_groups = std::min(groups, kPieceGroups);
  const std::size_t channel_pieces = (groups + piece_groups - 1) / piece_groups;
  const std::size_t taps = s.filter_width * width;
  const std::size_t group_floats = panels * s.filter_height * taps * panel;
  const std::size_t parts =
      std::min({s.batch, kMostParts, std::max<std::size_t>(1, kSumFloats / (groups * group_floats))});
  state.sums.require(parts * groups * group_floats);

  const std::size_t rows = std::min(high, std::max<std::size_t>(1, kPixels / wide));
  const std::size_t images = rows < high ? 1 : std::max<std::size_t>(1, kPixels / (high * wide));
  const std::size_t source_rows = (rows - 1) * s.stride_height + s.filter_height;
  const std::size_t source_columns = (wide - 1) * s.stride_width + s.filter_width;
  const std::size_t source_stride = source_rows * source_columns * width;

  state.pool.parallel_for(parts * channel_pieces, 1, [&](std::size_t begin, std::size_t end, unsigned thread) {
    State::Scratch& scratch = state.scratch[thread];
    scratch.source.require(piece_groups * images * source_stride);
    scratch.gradient.require(panels * images * rows * wide * panel);
    for (std::size_t piece = begin; piece < end; piece++) {
      const std::size_t part = piece / channel_pieces;
      const std::size_t first = piece % channel_pieces * piece_groups;
      const std::size_t here_groups = std::min(piece_groups, groups - first);
      float* sums = state.sums.data() + (part * groups + first) * group_floats;
      std::fill(sums, sums + here_groups * group_floats, 0.0f);
      const std::size_t last = (part + 1) * s.batch / parts;
      for (std::size_t image = part * s.batch / parts; image < last; image += images) {
        const std::size_t here = std::min(images, last - image);
        for (std::size_t row = 0; row < high; row += rows) {
          const std::size_t strip = std::min(rows, high - row);
          scratch.pixels.clear();
          for (std::size_t i = 0; i < here; i++) {
            for (std::size_t g = 0; g < here_groups; g++) {
              cpu::padded_copy(x + (image + i) * s.height * s.width * s.inputs + (first + g) * width, s.height, s.width, s.inputs,
                               std::min(width, s.inputs - (first + g) * width),
                               static_cast<std::ptrdiff_t>(row * s.stride_height) - static_cast<std::ptrdiff_t>(s.top),
                               (strip - 1) * s.stride_height + s.filter_height, -static_cast<std::ptrdiff_t>(s.left),
                               source_columns, width, scratch.source.data() + (g * images + i) * source_stride);
            }
            for (std::size_t r = 0; r < strip; r++) {
              scratch.pixels.push_back(
                  static_cast<std::uint32_t>(i * source_stride + r * s.stride_height * source_columns * width));
            }
          }
          const std::size_t pixels = here * strip * wide;
          for (std::size_t p = 0; p < panels; p++) {
            const std::size_t count = std::min(panel, s.outputs - p * panel);
            float* out = scratch.gradient.data() + p * pixels * panel;
            for (std::size_t i = 0; i < here; i++) {
              const float* in = dy + ((image + i) * high + row) * wide * s.outputs + p * panel;
              for (std::size_t k = 0; k < strip * wide; k++, in += s.outputs, out += panel) {
                std::copy_n(in, count, out);
                std::fill(out + count, out + panel, 0.0f);
              }
            }
            for (std::size_t g = 0; g < here_groups; g++) {
              for (std::size_t ky = 0; ky < s.filter_height; ky++) {
                kernels.filter({scratch.source.data() + g * images * source_stride + ky * source_columns * width,
                                scratch.pixels.data(), scratch.pixels.size(), wide, s.stride_width * width,
                                scratch.gradient.data() + p * pixels * panel, taps,
                                sums + g * group_floats + (p * s.filter_height + ky) * taps * panel});
              }
            }
          }
        }
      }
    }
  });

  // Adds the parts and puts them into dw's order: taps × in × out.
  state.pool.parallel_for(groups * s.filter_height * s.filter_width, 1, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t piece = begin; piece < end; piece++) {
      const std::size_t tap = piece / groups;
      const std::size_t group = piece % groups;
      const std::size_t ky = tap / s.filter_width;
      const std::size_t kx = tap % s.filter_width;
      const std::size_t taken = std::min(width, s.inputs - group * width);
      for (std::size_t c = 0; c < taken; c++) {
        float* out = dw + (tap * s.inputs + group * width + c) * s.outputs;
        for (std::size_t p = 0; p < panels; p++) {
          const std::size_t count = std::min(panel, s.outputs - p * panel);
          const float* in = state.sums.data() + group * group_floats +
                            ((p * s.filter_height + ky) * taps + kx * width + c) * panel;
          for (std::size_t o = 0; o < count; o++) {
            float sum = in[o];
            for (std::size_t part = 1; part < parts; part++) sum += in[part * groups * group_floats + o];
            out[p * panel + o] = sum;
          }
        }
      }
    }
  });
}

}  // namespace svp

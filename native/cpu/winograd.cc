// 3 × 3 convolutions with stride 1, forward and towards the input, in 4 of 9 multiplications: tiles of the source are
// transformed, each of the 16 transformed values is a matrix product over the channels, and the products are transformed back.
// Some tiles at a time, so that all of it stays in the cache.
#include <algorithm>

#include "convolution_state.h"
#include "padded_copy.h"

namespace svp {

namespace {

using cpu::kWinogradPlanes;

// Floats that the transformed values and the products of one piece should take (a core's second-level cache) …
constexpr std::size_t kPieceFloats = 96 * 1024;
// … but at least this many tiles, so that a panel of filters is used often.
constexpr std::size_t kTiles = 72;

// From one plane to the next; not a power of two, which would put all planes into the same few lines of the cache.
std::size_t plane_floats(std::size_t floats) { return floats + 16; }

}  // namespace

void Convolution::State::winograd_gather(const Small& s) {
  const cpu::PanelKernels& panel_kernels = kernels.of(s.targets);
  const std::size_t panel = panel_kernels.panel;
  const std::size_t panels = (s.targets + panel - 1) / panel;
  const std::size_t tile_rows = (s.height + 1) / 2;
  const std::size_t tile_columns = (s.width + 1) / 2;
  const std::size_t wanted = std::max(kTiles, kPieceFloats / (kWinogradPlanes * (s.channels + s.targets)));
  const std::size_t rows = std::min(tile_rows, std::max<std::size_t>(1, wanted / tile_columns));
  const std::size_t images = std::min(s.batch, std::max<std::size_t>(1, wanted / (rows * tile_columns)));
  const std::size_t strips = (tile_rows + rows - 1) / rows;
  const std::size_t groups = (s.batch + images - 1) / images;
  const std::size_t wide = 2 * tile_columns + 2;

  pool.parallel_for(groups * strips, 1, [&](std::size_t begin, std::size_t end, unsigned thread) {
    Scratch& mine = scratch[thread];
    const std::size_t most = images * rows * tile_columns;
    const std::size_t in_plane = plane_floats(most * s.channels);
    const std::size_t out_plane = plane_floats(most * s.targets);
    mine.source.require(4 * wide * s.channels);
    mine.planes.require(kWinogradPlanes * in_plane);
    mine.products.require(kWinogradPlanes * out_plane);
    mine.pixels.resize(most);
    mine.outputs.resize(most);
    for (std::size_t t = 0; t < most; t++) {
      mine.pixels[t] = static_cast<std::uint32_t>(t * s.channels);
      mine.outputs[t] = t * s.targets;
    }
    for (std::size_t piece = begin; piece < end; piece++) {
      const std::size_t image = piece / strips * images;
      const std::size_t here = std::min(images, s.batch - image);
      const std::size_t row = piece % strips * rows;
      const std::size_t strip = std::min(rows, tile_rows - row);
      float* out = mine.planes.data();
      for (std::size_t i = image; i < image + here; i++) {
        for (std::size_t r = row; r < row + strip; r++) {
          cpu::padded_copy(s.source + i * s.source_height * s.source_width * s.channels, s.source_height, s.source_width, s.channels,
                           s.channels, static_cast<std::ptrdiff_t>(2 * r) + s.top, 4, s.left, wide, s.channels,
                           mine.source.data());
          for (std::size_t c = 0; c < tile_columns; c++, out += s.channels) {
            winograd.source(mine.source.data() + 2 * c * s.channels, wide * s.channels, s.channels, s.channels, out, in_plane);
          }
        }
      }
      const cpu::SourceRun run = {0, static_cast<std::uint32_t>(s.channels)};
      const std::size_t tiles = here * strip * tile_columns;
      for (std::size_t plane = 0; plane < kWinogradPlanes; plane++) {
        for (std::size_t p = 0; p < panels; p++) {
          panel_kernels.convolve({mine.planes.data() + plane * in_plane, mine.pixels.data(), mine.outputs.data(), tiles, &run, 1,
                            weights.data() + (plane * panels + p) * s.channels * panel,
                            mine.products.data() + plane * out_plane + p * panel, nullptr,
                            std::min(panel, s.targets - p * panel)});
        }
      }
      const float* in = mine.products.data();
      for (std::size_t i = image; i < image + here; i++) {
        for (std::size_t r = row; r < row + strip; r++) {
          for (std::size_t c = 0; c < tile_columns; c++, in += s.targets) {
            const std::size_t at = ((i * s.height + 2 * r) * s.width + 2 * c) * s.targets;
            winograd.output(in, out_plane, s.targets, s.out + at, s.plus != nullptr ? s.plus + at : nullptr,
                            s.width * s.targets, std::min<std::size_t>(2, s.height - 2 * r),
                            std::min<std::size_t>(2, s.width - 2 * c));
          }
        }
      }
    }
  });
}

void Convolution::State::winograd_forward(const ConvolutionShape& s, const float* x, const float* w, const float* plus,
                                          float* y) {
  const std::size_t panel = kernels.of(s.outputs).panel;
  const std::size_t panels = (s.outputs + panel - 1) / panel;
  const std::size_t plane = panels * s.inputs * panel;
  weights.require(kWinogradPlanes * plane);
  pool.parallel_for(panels, 1, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t p = begin; p < end; p++) {
      for (std::size_t c = 0; c < s.inputs; c++) {
        winograd.filter(w + c * s.outputs + p * panel, s.inputs * s.outputs, std::min(panel, s.outputs - p * panel),
                        weights.data() + (p * s.inputs + c) * panel, plane);
      }
    }
  });
  winograd_gather({x, s.batch, s.height, s.width, s.inputs, -static_cast<std::ptrdiff_t>(s.top),
                   -static_cast<std::ptrdiff_t>(s.left), s.output_height(), s.output_width(), s.outputs, plus, y});
}

void Convolution::State::winograd_input_gradient(const ConvolutionShape& s, const float* w, const float* dy,
                                                 const float* plus, float* dx) {
  const std::size_t panel = kernels.of(s.inputs).panel;
  const std::size_t panels = (s.inputs + panel - 1) / panel;
  const std::size_t plane = panels * s.outputs * panel;
  weights.require(kWinogradPlanes * plane);
  constexpr std::size_t kBlock = cpu::kWinogradChannels;
  // Taps turned round, which transforms to planes in reverse order within each dimension's inner two: done on the taps.
  pool.parallel_for(panels, 1, [&](std::size_t begin, std::size_t end, unsigned) {
    std::vector<float> turned(9 * kBlock);
    std::vector<float> transformed(kWinogradPlanes * kBlock);
    for (std::size_t p = begin; p < end; p++) {
      const std::size_t count = std::min(panel, s.inputs - p * panel);
      for (std::size_t i = 0; i < count; i++) {
        for (std::size_t o = 0; o < s.outputs; o += kBlock) {
          const float* in = w + (p * panel + i) * s.outputs + o;
          for (std::size_t tap = 0; tap < 9; tap++) {
            std::copy_n(in + (8 - tap) * s.inputs * s.outputs, kBlock, turned.data() + tap * kBlock);
          }
          winograd.filter(turned.data(), kBlock, kBlock, transformed.data(), kBlock);
          for (std::size_t k = 0; k < kWinogradPlanes; k++) {
            float* out = weights.data() + k * plane + (p * s.outputs + o) * panel + i;
            for (std::size_t j = 0; j < kBlock; j++) out[j * panel] = transformed[k * kBlock + j];
          }
        }
      }
    }
  });
  winograd_gather({dy, s.batch, s.output_height(), s.output_width(), s.outputs, static_cast<std::ptrdiff_t>(s.top) - 2,
                   static_cast<std::ptrdiff_t>(s.left) - 2, s.height, s.width, s.inputs, plus, dx});
}

}  // namespace svp

// The gradient of a 3 × 3 filter with stride 1 in 4 of 9 multiplications: the transposition of winograd.cc. Source tiles and
// tiles of dy are transformed, their products summed over all tiles, and the 16 sums transformed to nine taps.
// Cut like the plain sum (filter_gradient.cc): into groups of input channels, and into parts of the batch.
#include <algorithm>

#include "convolution_state.h"
#include "padded_copy.h"

namespace svp {

namespace {

using cpu::kWinogradPlanes;

// Source channels whose tiles lie together.
constexpr std::size_t kGroup = cpu::kWinogradChannels;
// Source channels of a piece of work: each piece transforms all of dy.
constexpr std::size_t kPieceChannels = 64;
constexpr std::size_t kTiles = 96;
// Floats that all parts' sums may take together.
constexpr std::size_t kSumFloats = 1 << 20;
constexpr std::size_t kMostParts = 16;

}  // namespace

void Convolution::State::winograd_filter_gradient(const ConvolutionShape& s, const float* x, const float* dy, float* dw) {
  const cpu::PanelKernels& panel_kernels = kernels.of(s.outputs);
  const std::size_t panel = panel_kernels.panel;
  const std::size_t panels = (s.outputs + panel - 1) / panel;
  const std::size_t high = s.output_height();
  const std::size_t wide = s.output_width();
  const std::size_t tile_rows = (high + 1) / 2;
  const std::size_t tile_columns = (wide + 1) / 2;
  const std::size_t groups = s.inputs / kGroup;
  const std::size_t piece_groups = std::min(groups, kPieceChannels / kGroup);
  const std::size_t channel_pieces = (groups + piece_groups - 1) / piece_groups;
  // group × plane × panel × channel of the group × panel width
  const std::size_t sum_plane = panels * kGroup * panel;
  const std::size_t group_sums = kWinogradPlanes * sum_plane;
  const std::size_t parts =
      std::min({s.batch, kMostParts, std::max<std::size_t>(1, kSumFloats / (groups * group_sums))});
  sums.require(parts * groups * group_sums);

  const std::size_t rows = std::min(tile_rows, std::max<std::size_t>(1, kTiles / tile_columns));
  const std::size_t images = std::max<std::size_t>(1, kTiles / (rows * tile_columns));
  const std::size_t most = images * rows * tile_columns;
  const std::size_t source_wide = 2 * tile_columns + 2;
  const std::size_t source_plane = most * kGroup + 16;
  const std::size_t gradient_plane = panels * most * panel + 16;

  pool.parallel_for(parts * channel_pieces, 1, [&](std::size_t begin, std::size_t end, unsigned thread) {
    Scratch& mine = scratch[thread];
    mine.source.require(4 * source_wide * piece_groups * kGroup);
    mine.planes.require(piece_groups * kWinogradPlanes * source_plane);
    mine.products.require(kWinogradPlanes * gradient_plane);
    const std::uint32_t beginning = 0;
    for (std::size_t piece = begin; piece < end; piece++) {
      const std::size_t part = piece / channel_pieces;
      const std::size_t group = piece % channel_pieces * piece_groups;
      const std::size_t here_groups = std::min(piece_groups, groups - group);
      const std::size_t channels = here_groups * kGroup;
      float* mine_sums = sums.data() + (part * groups + group) * group_sums;
      std::fill(mine_sums, mine_sums + here_groups * group_sums, 0.0f);
      const std::size_t last = (part + 1) * s.batch / parts;
      for (std::size_t image = part * s.batch / parts; image < last; image += images) {
        const std::size_t here = std::min(images, last - image);
        for (std::size_t row = 0; row < tile_rows; row += rows) {
          const std::size_t strip = std::min(rows, tile_rows - row);
          const std::size_t tiles = here * strip * tile_columns;
          std::size_t tile = 0;
          for (std::size_t i = image; i < image + here; i++) {
            for (std::size_t r = row; r < row + strip; r++) {
              cpu::padded_copy(x + i * s.height * s.width * s.inputs + group * kGroup, s.height, s.width, s.inputs, channels,
                               static_cast<std::ptrdiff_t>(2 * r) - static_cast<std::ptrdiff_t>(s.top), 4,
                               -static_cast<std::ptrdiff_t>(s.left), source_wide, channels, mine.source.data());
              for (std::size_t c = 0; c < tile_columns; c++, tile++) {
                for (std::size_t g = 0; g < here_groups; g++) {
                  winograd.source(mine.source.data() + 2 * c * channels + g * kGroup, source_wide * channels, channels, kGroup,
                                  mine.planes.data() + g * kWinogradPlanes * source_plane + tile * kGroup, source_plane);
                }
                const float* in = dy + ((i * high + 2 * r) * wide + 2 * c) * s.outputs;
                for (std::size_t p = 0; p < panels; p++) {
                  winograd.gradient(in + p * panel, wide * s.outputs, s.outputs, std::min<std::size_t>(2, high - 2 * r),
                                    std::min<std::size_t>(2, wide - 2 * c), std::min(panel, s.outputs - p * panel),
                                    mine.products.data() + (p * most + tile) * panel, gradient_plane);
                }
              }
            }
          }
          for (std::size_t k = 0; k < kWinogradPlanes; k++) {
            for (std::size_t p = 0; p < panels; p++) {
              for (std::size_t g = 0; g < here_groups; g++) {
                panel_kernels.filter({mine.planes.data() + (g * kWinogradPlanes + k) * source_plane, &beginning, 1, tiles, kGroup,
                                mine.products.data() + k * gradient_plane + p * most * panel, kGroup,
                                mine_sums + g * group_sums + k * sum_plane + p * kGroup * panel});
              }
            }
          }
        }
      }
    }
  });

  pool.parallel_for(groups * panels, 1, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t piece = begin; piece < end; piece++) {
      const std::size_t group = piece / panels;
      const std::size_t p = piece % panels;
      float* first = sums.data() + group * group_sums + p * kGroup * panel;
      for (std::size_t k = 0; k < kWinogradPlanes; k++) {
        for (std::size_t part = 1; part < parts; part++) {
          float* to = first + k * sum_plane;
          const float* from = to + part * groups * group_sums;
          for (std::size_t i = 0; i < kGroup * panel; i++) to[i] += from[i];
        }
      }
      for (std::size_t c = 0; c < kGroup; c++) {
        winograd.taps(first + c * panel, sum_plane, std::min(panel, s.outputs - p * panel),
                      dw + (group * kGroup + c) * s.outputs + p * panel, s.inputs * s.outputs);
      }
    }
  });
}

}  // namespace svp

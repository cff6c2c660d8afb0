// Convolution forward and towards the input: both gather, for every output pixel, a few runs of floats of a padded source.
// With a stride the input's gradient falls apart into stride × stride phases, each a plain convolution of dy with every
// stride-th tap of the filter, turned round.
#include "svp/convolution.h"

#include <algorithm>

#include "convolution_state.h"
#include "dispatch.h"
#include "padded_copy.h"

namespace svp {

using cpu::SourceRun;

namespace {

// A piece of work copies about this many floats of its source (half of a core's second-level cache)…
constexpr std::size_t kSourceFloats = 32 * 1024;
// … or makes at least this many output pixels of small images, so that a panel of weights is used often.
constexpr std::size_t kPixels = 192;

// One axis of the gather. Grid positions g read the source at g·step + origin … + taps − 1 and write at g·spread + phase's
// own offset.
struct Axis {
  std::ptrdiff_t first;   // grid positions [first, last)
  std::ptrdiff_t last;
  std::ptrdiff_t step;
  std::ptrdiff_t origin;
  std::size_t taps;       // of the phase with most
  std::ptrdiff_t spread;
  std::size_t target;     // length of the output's axis
};

// The taps of one phase along one axis.
struct PhaseAxis {
  std::size_t taps;
  std::ptrdiff_t offset;  // of the output's positions
};

struct Phase {
  PhaseAxis y, x;
  std::vector<SourceRun> runs;
  const float* weights = nullptr;
  std::size_t panel_stride = 0;  // floats of one panel's weights
};

struct Gather {
  const float* source;
  std::size_t batch, height, width, channels;
  Axis rows, columns;
  std::vector<Phase> phases;
  std::size_t targets;     // output channels
  const float* plus;
  float* out;
};

std::size_t source_length(const Axis& axis, std::size_t positions) {
  return (positions - 1) * static_cast<std::size_t>(axis.step) + axis.taps;
}

// The work of one piece: `images` images, grid rows [row, row + rows).
void gather_piece(const Gather& g, const cpu::PanelKernels& kernels, Convolution::State::Scratch& scratch,
                  std::size_t image, std::size_t images, std::size_t row, std::size_t rows) {
  const std::size_t columns = static_cast<std::size_t>(g.columns.last - g.columns.first);
  const std::size_t high = source_length(g.rows, rows);
  const std::size_t wide = source_length(g.columns, columns);
  const std::size_t stride = high * wide * g.channels;
  scratch.source.require(images * stride);
  const std::ptrdiff_t top = g.rows.first + static_cast<std::ptrdiff_t>(row);
  for (std::size_t i = 0; i < images; i++) {
    cpu::padded_copy(g.source + (image + i) * g.height * g.width * g.channels, g.height, g.width, g.channels, g.channels,
                     top * g.rows.step + g.rows.origin, high, g.columns.first * g.columns.step + g.columns.origin, wide,
                     g.channels, scratch.source.data() + i * stride);
  }
  for (const Phase& phase : g.phases) {
    scratch.pixels.clear();
    scratch.outputs.clear();
    for (std::size_t i = 0; i < images; i++) {
      for (std::size_t r = 0; r < rows; r++) {
        const std::ptrdiff_t y = (top + static_cast<std::ptrdiff_t>(r)) * g.rows.spread + phase.y.offset;
        if (y < 0 || y >= static_cast<std::ptrdiff_t>(g.rows.target)) continue;
        for (std::size_t c = 0; c < columns; c++) {
          const std::ptrdiff_t x = (g.columns.first + static_cast<std::ptrdiff_t>(c)) * g.columns.spread + phase.x.offset;
          if (x < 0 || x >= static_cast<std::ptrdiff_t>(g.columns.target)) continue;
          scratch.pixels.push_back(static_cast<std::uint32_t>(
              i * stride + (r * static_cast<std::size_t>(g.rows.step) * wide + c * static_cast<std::size_t>(g.columns.step)) *
                               g.channels));
          scratch.outputs.push_back((((image + i) * g.rows.target + static_cast<std::size_t>(y)) * g.columns.target +
                                     static_cast<std::size_t>(x)) * g.targets);
        }
      }
    }
    for (std::size_t first = 0, panel = 0; first < g.targets; first += kernels.panel, panel++) {
      kernels.convolve({scratch.source.data(), scratch.pixels.data(), scratch.outputs.data(), scratch.pixels.size(),
                        phase.runs.data(), phase.runs.size(), phase.weights + panel * phase.panel_stride, g.out + first,
                        g.plus != nullptr ? g.plus + first : nullptr, std::min(kernels.panel, g.targets - first)});
    }
  }
}

void gather(const Gather& g, Convolution::State& state) {
  const std::size_t rows = static_cast<std::size_t>(g.rows.last - g.rows.first);
  const std::size_t columns = static_cast<std::size_t>(g.columns.last - g.columns.first);
  const std::size_t wide = source_length(g.columns, columns) * g.channels;
  std::size_t high = rows;
  while (high > 1 && source_length(g.rows, high) * wide > kSourceFloats) high = (high + 1) / 2;
  std::size_t images = 1;
  if (high == rows) {
    const std::size_t floats = source_length(g.rows, rows) * wide;
    while (images < g.batch && images * rows * columns < kPixels && (images + 1) * floats <= 2 * kSourceFloats) images++;
  }
  const std::size_t strips = (rows + high - 1) / high;
  const std::size_t groups = (g.batch + images - 1) / images;
  const cpu::PanelKernels& kernels = state.kernels.of(g.targets);
  state.pool.parallel_for(groups * strips, 1, [&](std::size_t begin, std::size_t end, unsigned thread) {
    for (std::size_t piece = begin; piece < end; piece++) {
      const std::size_t image = piece / strips * images;
      const std::size_t row = piece % strips * high;
      gather_piece(g, kernels, state.scratch[thread], image, std::min(images, g.batch - image), row,
                   std::min(high, rows - row));
    }
  });
}

// Runs of a phase: one for each row of taps.
std::vector<SourceRun> make_runs(const Gather& g, const PhaseAxis& y, const PhaseAxis& x) {
  const std::size_t columns = static_cast<std::size_t>(g.columns.last - g.columns.first);
  const std::size_t wide = source_length(g.columns, columns);
  std::vector<SourceRun> runs;
  if (x.taps == 0) return runs;
  for (std::size_t j = 0; j < y.taps; j++) {
    runs.push_back({static_cast<std::uint32_t>(((g.rows.taps - y.taps + j) * wide + (g.columns.taps - x.taps)) * g.channels),
                    static_cast<std::uint32_t>(x.taps * g.channels)});
  }
  return runs;
}

// Taps of phase `p` out of `taps` with a stride.
std::size_t phase_taps(std::size_t taps, std::size_t stride, std::size_t p) {
  return p < taps ? (taps - p - 1) / stride + 1 : 0;
}

}  // namespace

Convolution::Convolution(InstructionSet set, ThreadPool& pool) {
  using namespace cpu;
  state_ = std::make_unique<State>(dispatch(set, SVP_KERNELS(convolution_kernels))(),
                                   dispatch(set, SVP_KERNELS(winograd_kernels))(), pool);
}

Convolution::~Convolution() = default;

void Convolution::forward(const ConvolutionShape& s, const float* x, const float* w, const float* plus, float* y) {
  if (winograd_pays(s)) return state_->winograd_forward(s, x, w, plus, y);
  const std::size_t panel = state_->kernels.of(s.outputs).panel;
  const std::size_t panels = (s.outputs + panel - 1) / panel;
  const std::size_t depth = s.filter_height * s.filter_width * s.inputs;
  state_->weights.require(panels * depth * panel);
  float* packed = state_->weights.data();
  state_->pool.parallel_for(panels, 1, [&](std::size_t begin, std::size_t end, unsigned) {
    for (std::size_t p = begin; p < end; p++) {
      const std::size_t count = std::min(panel, s.outputs - p * panel);
      float* out = packed + p * depth * panel;
      for (std::size_t k = 0; k < depth; k++, out += panel) {
        std::copy_n(w + k * s.outputs + p * panel, count, out);
        std::fill(out + count, out + panel, 0.0f);
      }
    }
  });
  const auto axis = [](std::size_t length, std::size_t stride, std::size_t before, std::size_t taps) {
    return Axis{0, static_cast<std::ptrdiff_t>(length), static_cast<std::ptrdiff_t>(stride),
                -static_cast<std::ptrdiff_t>(before), taps, 1, length};
  };
  Gather g{x, s.batch, s.height, s.width, s.inputs,
           axis(s.output_height(), s.stride_height, s.top, s.filter_height),
           axis(s.output_width(), s.stride_width, s.left, s.filter_width), {}, s.outputs, plus, y};
  Phase phase{{s.filter_height, 0}, {s.filter_width, 0}, {}, packed, depth * panel};
  phase.runs = make_runs(g, phase.y, phase.x);
  g.phases.push_back(std::move(phase));
  gather(g, *state_);
}

void Convolution::input_gradient(const ConvolutionShape& s, const float* w, const float* dy, const float* plus,
                                 float* dx) {
  if (winograd_pays(s)) return state_->winograd_input_gradient(s, w, dy, plus, dx);
  const std::size_t panel = state_->kernels.of(s.inputs).panel;
  const std::size_t panels = (s.inputs + panel - 1) / panel;
  // Grid position g gathers dy at g − taps + 1 … g, so that the taps of input position i = g·stride + phase − padding meet it.
  const auto axis = [](std::size_t length, std::size_t stride, std::size_t before, std::size_t taps) {
    const std::size_t most = (taps + stride - 1) / stride;
    return Axis{static_cast<std::ptrdiff_t>(before / stride), static_cast<std::ptrdiff_t>((length - 1 + before) / stride + 1), 1,
                1 - static_cast<std::ptrdiff_t>(most), most, static_cast<std::ptrdiff_t>(stride), length};
  };
  Gather g{dy, s.batch, s.output_height(), s.output_width(), s.outputs,
           axis(s.height, s.stride_height, s.top, s.filter_height),
           axis(s.width, s.stride_width, s.left, s.filter_width), {}, s.inputs, plus, dx};
  state_->weights.require(panels * s.filter_height * s.filter_width * s.outputs * panel);
  float* packed = state_->weights.data();
  for (std::size_t py = 0; py < s.stride_height; py++) {
    for (std::size_t px = 0; px < s.stride_width; px++) {
      const std::size_t rows = phase_taps(s.filter_height, s.stride_height, py);
      const std::size_t columns = phase_taps(s.filter_width, s.stride_width, px);
      const std::size_t depth = rows * columns * s.outputs;
      Phase phase{{rows, static_cast<std::ptrdiff_t>(py) - static_cast<std::ptrdiff_t>(s.top)},
                  {columns, static_cast<std::ptrdiff_t>(px) - static_cast<std::ptrdiff_t>(s.left)}, {}, packed, depth * panel};
      phase.runs = make_runs(g, phase.y, phase.x);
      g.phases.push_back(std::move(phase));
      state_->pool.parallel_for(panels * rows * columns, 1, [&](std::size_t begin, std::size_t end, unsigned) {
        for (std::size_t piece = begin; piece < end; piece++) {
          const std::size_t p = piece / (rows * columns);
          const std::size_t tap = piece % (rows * columns);
          const std::size_t ky = py + (rows - 1 - tap / columns) * s.stride_height;
          const std::size_t kx = px + (columns - 1 - tap % columns) * s.stride_width;
          const std::size_t count = std::min(panel, s.inputs - p * panel);
          const float* in = w + ((ky * s.filter_width + kx) * s.inputs + p * panel) * s.outputs;
          float* out = packed + (p * depth + tap * s.outputs) * panel;
          for (std::size_t o = 0; o < s.outputs; o++, out += panel) {
            for (std::size_t i = 0; i < count; i++) out[i] = in[i * s.outputs + o];
            std::fill(out + count, out + panel, 0.0f);
          }
        }
      });
      packed += panels * depth * panel;
    }
  }
  gather(g, *state_);
}

}  // namespace svp

// Convolutions and batch norm: every instruction set gives what the plain one gives, to rounding, and every number of
// threads the same bits. That the plain one is right is tested through TensorFlow (test/unit/models), against float64 sums.
#include "svp/convolution.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "check.h"
#include "svp/batch_norm.h"

namespace {

using svp::ConvolutionShape;
using Floats = std::vector<float>;

Floats draw(std::size_t count, unsigned seed) {
  Floats values(count);
  std::uint32_t state = 2654435769u * (seed + 1);
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) / (1 << 23) - 1;
  }
  return values;
}

struct Results {
  Floats y, dx, dw, normal, dnormal, vectors;
};

ConvolutionShape shape(std::size_t batch, std::size_t height, std::size_t width, std::size_t inputs, std::size_t outputs,
                       std::size_t size, std::size_t stride) {
  ConvolutionShape s;
  s.batch = batch;
  s.height = height;
  s.width = width;
  s.inputs = inputs;
  s.outputs = outputs;
  s.filter_height = std::min(size, height == 1 ? 1 : size);
  s.filter_width = size;
  s.stride_height = height == 1 ? 1 : stride;
  s.stride_width = stride;
  s.top = s.bottom = (s.filter_height - 1) / 2;
  s.left = s.right = (size - 1) / 2;
  return s;
}

Results results(const ConvolutionShape& s, svp::InstructionSet set, unsigned threads) {
  svp::ThreadPool pool(threads);
  svp::Convolution convolution(set, pool);
  svp::BatchNorm norm(set, pool);
  const std::size_t in = s.batch * s.height * s.width * s.inputs;
  const std::size_t out = s.batch * s.output_height() * s.output_width() * s.outputs;
  const std::size_t filter = s.filter_height * s.filter_width * s.inputs * s.outputs;
  const Floats x = draw(in, 1), w = draw(filter, 2), dy = draw(out, 3), plus = draw(in, 4);
  Results r{Floats(out), Floats(in), Floats(filter), Floats(in), Floats(in), Floats(4 * s.inputs)};
  convolution.forward(s, x.data(), w.data(), dy.data(), r.y.data());
  convolution.input_gradient(s, w.data(), dy.data(), plus.data(), r.dx.data());
  convolution.filter_gradient(s, x.data(), dy.data(), r.dw.data());
  const svp::BatchNormShape n{s.batch * s.height * s.width, s.inputs, true};
  const Floats gamma = draw(s.inputs, 5), beta = draw(s.inputs, 6);
  float* v = r.vectors.data();
  norm.statistics(n, x.data(), v, v + s.inputs);
  norm.normalise(n, x.data(), v, v + s.inputs, gamma.data(), beta.data(), 1e-5f, r.normal.data());
  norm.gradient(n, plus.data(), x.data(), v, v + s.inputs, gamma.data(), beta.data(), 1e-5f, x.data(), r.dnormal.data(),
                v + 2 * s.inputs, v + 3 * s.inputs);
  return r;
}

double apart(const Floats& a, const Floats& b) {
  double worst = 0;
  double scale = 1;
  for (std::size_t i = 0; i < a.size(); i++) {
    worst = std::max(worst, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
    scale = std::max(scale, std::fabs(static_cast<double>(a[i])));
  }
  return worst / scale;
}

const std::vector<ConvolutionShape> kShapes = {
    shape(5, 9, 8, 32, 48, 3, 1), shape(3, 16, 16, 16, 16, 3, 1), shape(2, 13, 11, 3, 17, 7, 2),
    shape(4, 8, 8, 24, 40, 1, 2), shape(6, 1, 50, 80, 33, 3, 1),  shape(2, 7, 7, 80, 64, 3, 1),
};

}  // namespace

TEST(convolution_instruction_sets_agree) {
  for (const ConvolutionShape& s : kShapes) {
    const Results plain = results(s, svp::InstructionSet::scalar, 1);
    for (const svp::InstructionSet set : svp::available_instruction_sets()) {
      const Results r = results(s, set, 2);
      CHECK(apart(plain.y, r.y) < 1e-5);
      CHECK(apart(plain.dx, r.dx) < 1e-5);
      CHECK(apart(plain.dw, r.dw) < 1e-5);
      CHECK(apart(plain.normal, r.normal) < 1e-5);
      CHECK(apart(plain.vectors, r.vectors) < 1e-5);
    }
  }
}

TEST(convolution_threads_change_no_bit) {
  for (const ConvolutionShape& s : kShapes) {
    for (const svp::InstructionSet set : svp::available_instruction_sets()) {
      const Results one = results(s, set, 1);
      const Results three = results(s, set, 3);
      CHECK(one.y == three.y);
      CHECK(one.dx == three.dx);
      CHECK(one.dw == three.dw);
      CHECK(one.normal == three.normal);
      CHECK(one.dnormal == three.dnormal);
      CHECK(one.vectors == three.vectors);
    }
  }
}

// The product to the bit: one accumulator for each element, k ascending, one rounding a step where the instruction set
// fuses (all but scalar) and two where not. The bound of greedy k-centers is proved for exactly this.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.h"
#include "cpu/aligned.h"
#include "cpu/product.h"
#include "svp/instruction_set.h"

namespace svp::test {

namespace {

float step(InstructionSet set, float x, float y, float sum) {
  if (set != InstructionSet::scalar) return std::fma(x, y, sum);
  const volatile float product = x * y;
  return sum + product;
}

// Zeros of either sign are one value here: which of them a sum ends in is nobody's business.
bool same(float x, float y) { return x == y; }

}  // namespace

TEST(product_elements_are_rounded_as_they_are_said_to_be) {
  constexpr std::size_t panels = 3;
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    const std::size_t tile = kernel.rows * kernel.columns;
    for (const std::size_t k : {std::size_t{1}, std::size_t{8}, std::size_t{31}, std::size_t{64}}) {
      for (const float scale : {2.0f, 1e-18f, 1e17f}) {  // products that underflow, and large ones
        Numbers numbers(static_cast<unsigned>(k));
        const std::size_t gap = 16;  // floats between panels of B beyond their length
        const std::size_t stride = k * kernel.columns + gap * kernel.columns;
        cpu::Aligned<float> a(kernel.rows * k), b(panels * stride), row_threshold(kernel.rows);
        cpu::Aligned<float> column_threshold(panels * kernel.columns);
        const auto fill = [&](cpu::Aligned<float>& out, float range) {
          for (std::size_t t = 0; t < out.size(); t++) out.data()[t] = numbers.next(range);
        };
        fill(a, scale);
        fill(b, scale);
        fill(row_threshold, scale * scale);
        fill(column_threshold, scale * scale);

        const auto element = [&](std::size_t r, std::size_t p, std::size_t j, float sum) {
          for (std::size_t q = 0; q < k; q++) {
            sum = step(set, a.data()[q * kernel.rows + r], b.data()[p * stride + q * kernel.columns + j], sum);
          }
          return sum;
        };
        std::vector<float> once(panels * tile), twice;
        kernel.store(k, a.data(), b.data(), stride, panels, once.data(), kernel.columns, tile, false);
        twice = once;
        kernel.store(k, a.data(), b.data(), stride, panels, twice.data(), kernel.columns, tile, true);
        std::size_t wrong = 0;
        for (const bool partial : {false, true}) {
          std::vector<cpu::ProductHit> hits(kernel.rows * panels + 1);
          const std::size_t found =
              kernel.filter(k, a.data(), b.data(), stride, panels, row_threshold.data(), column_threshold.data(),
                            partial ? once.data() : nullptr, hits.data());
          std::vector<std::uint32_t> masks(panels * kernel.rows, 0);
          for (std::size_t h = 0; h < found; h++) {
            wrong += hits[h].mask == 0;  // a row without survivors is no hit
            masks[hits[h].panel * kernel.rows + hits[h].row] = hits[h].mask;
          }
          for (std::size_t p = 0; p < panels; p++) {
            for (std::size_t r = 0; r < kernel.rows; r++) {
              for (std::size_t j = 0; j < kernel.columns; j++) {
                const float stored = once[p * tile + r * kernel.columns + j];
                wrong += !same(stored, element(r, p, j, 0));
                wrong += !same(twice[p * tile + r * kernel.columns + j], element(r, p, j, stored));
                const volatile float limit = row_threshold.data()[r] + column_threshold.data()[p * kernel.columns + j];
                const float filtered = element(r, p, j, (partial ? stored : 0.0f) - limit);
                const bool survived = masks[p * kernel.rows + r] >> j & 1u;
                wrong += filtered != 0 && survived != (filtered > 0);
              }
            }
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST(product_dot_reads_no_more_than_its_rows) {
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    Numbers numbers(21);
    for (std::size_t p = 8; p <= 72; p += 8) {
      // Exactly sized and not aligned, so that AddressSanitizer sees a read past the end.
      const std::vector<float> x = numbers.many(p + 1, 1);
      const std::vector<float> y = numbers.many(p + 1, 1);
      double exact = 0;
      double size = 0;
      for (std::size_t k = 1; k <= p; k++) {
        exact += static_cast<double>(x[k]) * static_cast<double>(y[k]);
        size += std::abs(static_cast<double>(x[k]) * static_cast<double>(y[k]));
      }
      const double u = std::ldexp(1.0, -24);
      const double dot = static_cast<double>(kernel.dot(x.data() + 1, y.data() + 1, p));
      CHECK(std::abs(dot - exact) <= (static_cast<double>(p) / 8 + 4) * u * size);  // eight accumulators at least
      std::vector<double> rows(4 * p), axes(p * 8), out(32);
      for (double& value : rows) value = static_cast<double>(numbers.next(2));
      for (double& value : axes) value = static_cast<double>(numbers.next(2));
      kernel.project(rows.data(), axes.data(), p, 8, out.data());
      double last = 0;
      for (std::size_t k = 0; k < p; k++) last += rows[4 * k + 3] * axes[8 * k + 7];
      CHECK(std::abs(out[31] - last) <= 1e-14 * static_cast<double>(p));
    }
  }
}

}  // namespace svp::test

// The product's kernels against float64, for every instruction set of this processor.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "check.h"
#include "cpu/aligned.h"
#include "cpu/product.h"
#include "svp/instruction_set.h"

namespace svp::test {

namespace {

// Rows packed as [panel][k][width].
cpu::Aligned<float> packed(const std::vector<float>& rows, std::size_t count, std::size_t k, std::size_t width) {
  const std::size_t panels = (count + width - 1) / width;
  cpu::Aligned<float> out(panels * width * k);
  for (std::size_t i = 0; i < panels * width; i++) {
    for (std::size_t q = 0; q < k; q++) {
      out.data()[i / width * width * k + q * width + i % width] = i < count ? rows[i * k + q] : 0.0f;
    }
  }
  return out;
}

double exact_product(const float* x, const float* y, std::size_t k) {
  double sum = 0;
  for (std::size_t q = 0; q < k; q++) sum += static_cast<double>(x[q]) * static_cast<double>(y[q]);
  return sum;
}

}  // namespace

TEST(product_store_is_the_product) {
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    for (const std::size_t k : {8, 24, 64, 512}) {
      const std::size_t panels = 3;
      const std::size_t columns = panels * kernel.columns;
      Numbers numbers(static_cast<unsigned>(k));
      const std::vector<float> a = numbers.many(kernel.rows * k, 2);
      const std::vector<float> b = numbers.many(columns * k, 2);
      const cpu::Aligned<float> pa = packed(a, kernel.rows, k, kernel.rows);
      const cpu::Aligned<float> pb = packed(b, columns, k, kernel.columns);
      std::vector<float> c(kernel.rows * columns, 7.0f);
      kernel.store(k, pa.data(), pb.data(), kernel.columns * k, panels, c.data(), columns, kernel.columns, false);
      bool close = true;
      for (std::size_t i = 0; i < kernel.rows; i++) {
        for (std::size_t j = 0; j < columns; j++) {
          const double expected = exact_product(&a[i * k], &b[j * k], k);
          close = close && std::abs(c[i * columns + j] - expected) <= static_cast<double>(k + 1) * 6e-8 * static_cast<double>(k);
        }
      }
      CHECK(close);
      const std::vector<float> once = c;
      kernel.store(k, pa.data(), pb.data(), kernel.columns * k, panels, c.data(), columns, kernel.columns, true);
      bool doubled = true;
      for (std::size_t t = 0; t < c.size(); t++) doubled = doubled && std::abs(c[t] - 2 * once[t]) < 1e-3;
      CHECK(doubled);
    }
  }
}

TEST(product_filter_keeps_what_reaches_its_threshold) {
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    const std::size_t k = 16;
    const std::size_t panels = 4;
    const std::size_t columns = panels * kernel.columns;
    Numbers numbers(3);
    const std::vector<float> a = numbers.many(kernel.rows * k, 2);
    const std::vector<float> b = numbers.many(columns * k, 2);
    const cpu::Aligned<float> pa = packed(a, kernel.rows, k, kernel.rows);
    const cpu::Aligned<float> pb = packed(b, columns, k, kernel.columns);
    std::vector<float> row_threshold(kernel.rows);
    cpu::Aligned<float> column_threshold(columns);
    for (float& value : row_threshold) value = numbers.next(2);
    for (std::size_t j = 0; j < columns; j++) column_threshold.data()[j] = j % 5 == 0 ? 1e30f : numbers.next(2);
    std::vector<cpu::ProductHit> hits(kernel.rows * panels + 1);
    for (const bool split : {false, true}) {
      std::vector<float> partial(kernel.rows * columns);
      std::size_t found;
      if (split) {
        kernel.store(8, pa.data(), pb.data(), kernel.columns * k, panels, partial.data(), kernel.columns,
                     kernel.rows * kernel.columns, false);
        found = kernel.filter(8, pa.data() + 8 * kernel.rows, pb.data() + 8 * kernel.columns, kernel.columns * k, panels,
                              row_threshold.data(), column_threshold.data(), partial.data(), hits.data());
      } else {
        found = kernel.filter(k, pa.data(), pb.data(), kernel.columns * k, panels, row_threshold.data(),
                              column_threshold.data(), nullptr, hits.data());
      }
      std::vector<bool> kept(kernel.rows * columns, false);
      for (std::size_t h = 0; h < found; h++) {
        for (std::size_t j = 0; j < kernel.columns; j++) {
          if (hits[h].mask >> j & 1u) kept[hits[h].row * columns + hits[h].panel * kernel.columns + j] = true;
        }
      }
      bool right = true;
      for (std::size_t i = 0; i < kernel.rows; i++) {
        for (std::size_t j = 0; j < columns; j++) {
          const double margin = exact_product(&a[i * k], &b[j * k], k) - row_threshold[i] - column_threshold.data()[j];
          if (std::abs(margin) > 1e-5) right = right && kept[i * columns + j] == (margin > 0);
        }
      }
      CHECK(right);
    }
  }
}

TEST(product_dot_and_project_agree_with_float64) {
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    for (const std::size_t p : {8, 16, 24, 32, 64}) {
      Numbers numbers(static_cast<unsigned>(p));
      const std::vector<float> x = numbers.many(p, 2);
      const std::vector<float> y = numbers.many(p, 2);
      CHECK(std::abs(kernel.dot(x.data(), y.data(), p) - exact_product(x.data(), y.data(), p)) < 1e-5);
      for (const std::size_t d : {1, 7, 33, 100}) {
        std::vector<double> rows(4 * d);
        std::vector<double> axes(d * p);
        for (double& value : rows) value = static_cast<double>(numbers.next(4));
        for (double& value : axes) value = static_cast<double>(numbers.next(1));
        std::vector<double> out(4 * p, -1);
        kernel.project(rows.data(), axes.data(), d, p, out.data());
        bool close = true;
        for (std::size_t r = 0; r < 4; r++) {
          for (std::size_t j = 0; j < p; j++) {
            double expected = 0;
            for (std::size_t k = 0; k < d; k++) expected += rows[4 * k + r] * axes[(j / 8 * d + k) * 8 + j % 8];
            close = close && std::abs(out[r * p + j] - expected) < 1e-12 * static_cast<double>(d);
          }
        }
        CHECK(close);
      }
    }
  }
}

}  // namespace svp::test

#include "svp/squared_distance.h"

#include <limits>

#include "check.h"

using namespace svp;

namespace {

// The definition, written another way than the kernels.
double by_definition(const float* x, const float* y, std::size_t d) {
  volatile double a[8] = {};
  for (std::size_t k = 0; k < d; k++) {
    const volatile double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    const volatile double square = difference * difference;
    a[k % 8] = a[k % 8] + square;
  }
  const volatile double left = (a[0] + a[4]) + (a[2] + a[6]);
  const volatile double right = (a[1] + a[5]) + (a[3] + a[7]);
  return left + right;
}

}  // namespace

TEST(squared_distance_is_the_definition_to_the_bit) {
  test::Numbers numbers(7);
  for (const InstructionSet set : available_instruction_sets()) {
    const SquaredDistance distance = squared_distance(set);
    for (std::size_t d = 0; d <= 70; d++) {
      for (const float scale : {1e-45f, 1e-30f, 1.0f, 1e6f, 1e30f}) {
        // Exactly sized, so that AddressSanitizer sees a read past the end; one element in, so that none is aligned.
        const std::vector<float> x = numbers.many(d + 1, scale);
        const std::vector<float> y = numbers.many(d + 1, scale);
        CHECK(test::same_bits(distance(x.data() + 1, y.data() + 1, d), by_definition(x.data() + 1, y.data() + 1, d)));
        CHECK(test::same_bits(distance(x.data(), x.data(), d), 0.0));
      }
    }
  }
}

TEST(squared_distance_of_long_rows_is_the_definition_to_the_bit) {
  test::Numbers numbers(23);
  for (const std::size_t d : {511, 512, 515, 2048, 4099}) {
    const std::vector<float> x = numbers.many(d, 1.0f);
    std::vector<float> y = numbers.many(d, 1e4f);  // squares of many sizes: a sum in another order shows
    for (std::size_t k = 0; k < d; k += 3) y[k] = x[k] + numbers.next(1e-6f);
    for (const InstructionSet set : available_instruction_sets()) {
      CHECK(test::same_bits(squared_distance(set)(x.data(), y.data(), d), by_definition(x.data(), y.data(), d)));
    }
  }
}

TEST(squared_distance_of_the_largest_floats_is_finite) {
  const std::vector<float> x(1000, std::numeric_limits<float>::max());
  const std::vector<float> y(1000, -std::numeric_limits<float>::max());
  for (const InstructionSet set : available_instruction_sets()) {
    CHECK(test::same_bits(squared_distance(set)(x.data(), y.data(), 1000), by_definition(x.data(), y.data(), 1000)));
    CHECK(squared_distance(set)(x.data(), y.data(), 1000) < std::numeric_limits<double>::infinity());
  }
}

TEST(squared_distance_1x4_equals_four_single_ones) {
  test::Numbers numbers(11);
  for (const InstructionSet set : available_instruction_sets()) {
    for (std::size_t d = 0; d <= 40; d++) {
      const std::size_t padded = (d + 7) / 8 * 8;
      const std::vector<float> rows = numbers.many(5 * d, 3.0f);
      std::vector<double> wide(5 * padded, 0.0);
      for (std::size_t r = 0; r < 5; r++) {
        for (std::size_t k = 0; k < d; k++) wide[r * padded + k] = static_cast<double>(rows[r * d + k]);
      }
      const double* y[4];
      for (std::size_t j = 0; j < 4; j++) y[j] = wide.data() + (j + 1) * padded;
      double out[4];
      squared_distance_1x4(set)(wide.data(), y, padded, out);
      for (std::size_t j = 0; j < 4; j++) {
        CHECK(test::same_bits(out[j], by_definition(rows.data(), rows.data() + (j + 1) * d, d)));
      }
    }
  }
}

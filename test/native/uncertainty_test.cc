#include "core/uncertainty.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"
#include "svp/half.h"
#include "svp/uncertainty.h"

using namespace svp;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool near(double actual, double exact) { return std::abs(actual - exact) <= 9e-8 * std::max(exact, 1e-30); }

struct Sums {
  double others, weighted, shift, gap;
  bool valid;
};

Sums sums_of(InstructionSet set, const std::vector<float>& z, double temperature = 1) {
  static UncertaintySums sums;
  const UncertaintyTemperature scale(temperature);
  const bool valid = uncertainty_kernel(set).sums(z.data(), 1, z.size(), scale, sums) == 1;
  return {sums.others[0], sums.weighted[0], sums.shift[0], sums.gap[0], valid};
}

}  // namespace

TEST(uncertainty_sums_are_what_they_stand_for) {
  test::Numbers numbers(3);
  for (const InstructionSet set : available_instruction_sets()) {
    for (std::size_t columns = 1; columns <= 300; columns += columns < 40 ? 1 : 13) {
      for (const double temperature : {1.0, 0.3, 20.0}) {
        std::vector<float> z = numbers.many(columns, 40.0f);
        if (columns > 3 && columns % 5 == 0) z[columns / 2] = -kInfinity;
        if (columns > 5) z[1] = z[3];
        const Sums sums = sums_of(set, z, temperature);
        std::vector<float> sorted = z;
        std::sort(sorted.rbegin(), sorted.rend());
        double others = 0;
        double weighted = 0;
        for (std::size_t k = 1; k < columns; k++) {
          const double x = (static_cast<double>(sorted[k]) - static_cast<double>(sorted[0])) / temperature;
          if (std::isinf(x)) continue;
          others += std::exp(x);
          weighted -= x * std::exp(x);
        }
        const double scale = std::exp(-sums.shift);
        CHECK(sums.valid);
        CHECK(near(sums.others * scale, others));
        CHECK(near(sums.weighted * scale, weighted));
        if (columns == 1) CHECK(sums.gap == -kInfinity);
        if (columns > 1) CHECK(std::abs(sums.gap * temperature - (double(sorted[1]) - sorted[0])) < 1e-9);
      }
    }
  }
}

TEST(uncertainty_sums_have_the_same_bits_on_every_instruction_set) {
  test::Numbers numbers(5);
  for (std::size_t columns = 1; columns <= 300; columns += columns < 100 ? 1 : 23) {
    // Spread, flat, ties and zeros of both signs, −Inf here and there, the ends of float32, what the fast kernel takes.
    for (int kind = 0; kind < 7; kind++) {
      std::vector<float> z = numbers.many(columns, kind == 0 ? 2000.0f : kind == 1 ? 1e-42f : 20.0f);
      for (std::size_t k = 0; k < columns; k++) {
        if (kind == 2) z[k] = std::floor(z[k] / 8) * 0.0f + static_cast<float>(k % 3 == 1);
        if (kind == 3 && k % 3 != columns % 3) z[k] = -kInfinity;
        if (kind == 4) z[k] *= 3e37f;
      }
      if (kind == 3) z[columns / 2] = 1;
      const Sums scalar = sums_of(InstructionSet::scalar, z, kind == 6 ? 1.7 : 1);
      for (const InstructionSet set : available_instruction_sets()) {
        const Sums sums = sums_of(set, z, kind == 6 ? 1.7 : 1);
        CHECK(sums.valid && scalar.valid);
        CHECK(test::same_bits(sums.others, scalar.others));
        CHECK(test::same_bits(sums.weighted, scalar.weighted));
        CHECK(test::same_bits(sums.shift, scalar.shift));
        CHECK(test::same_bits(sums.gap, scalar.gap));
      }
    }
  }
}

TEST(float16_is_widened_as_the_definition_says) {
  std::vector<std::uint16_t> halves(65536);
  for (std::size_t i = 0; i < halves.size(); i++) halves[i] = static_cast<std::uint16_t>(i);
  std::vector<float> expected(halves.size()), out(halves.size());
  for (std::size_t i = 0; i < halves.size(); i++) expected[i] = widen_half(halves[i]);
  for (const InstructionSet set : available_instruction_sets()) {
    for (const std::size_t count : {std::size_t{65536}, std::size_t{65533}, std::size_t{5}}) {
      uncertainty_kernel(set).widen_half(halves.data(), count, out.data());
      for (std::size_t i = 0; i < count; i++) {
        CHECK(out[i] == expected[i] || (std::isnan(out[i]) && std::isnan(expected[i])));
      }
    }
  }
}

TEST(uncertainty_has_the_same_bits_on_every_instruction_set_and_any_number_of_threads) {
  test::Numbers numbers(13);
  const std::size_t rows = 900;
  for (const std::size_t columns : {1, 2, 7, 10, 100, 517}) {
    const std::vector<float> z = numbers.many(rows * columns, 30.0f);
    std::vector<float> expected;
    for (const InstructionSet set : available_instruction_sets()) {
      for (const unsigned threads : {1u, 3u}) {
        ThreadPool pool(threads);
        JobControl control;
        std::vector<float> out(3 * rows);
        uncertainty(MatrixView{z.data(), rows, columns}, {&out[0], &out[rows], &out[2 * rows]}, set, pool, control);
        if (expected.empty()) expected = out;
        CHECK(std::memcmp(out.data(), expected.data(), out.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST(uncertainty_sums_see_bad_values_wherever_they_are) {
  for (const InstructionSet set : available_instruction_sets()) {
    for (std::size_t columns = 1; columns <= 200; columns += columns < 40 ? 1 : 31) {
      for (std::size_t at = 0; at < columns; at++) {
        std::vector<float> z(columns, 1.0f);
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity}) {
          z[at] = bad;
          CHECK(!sums_of(set, z).valid);
        }
        z[at] = -kInfinity;
        CHECK(sums_of(set, z).valid == (columns > 1));
      }
    }
  }
}

TEST(uncertainty_names_the_first_bad_row_with_any_number_of_threads) {
  const std::size_t rows = 50000;
  std::vector<float> z(rows * 10, 0.25f);
  z[31234 * 10 + 7] = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 31235; i < rows; i += 3) z[i * 10] = kInfinity;
  std::vector<float> entropy(rows);
  for (unsigned threads = 1; threads <= 8; threads++) {
    ThreadPool pool(threads);
    JobControl control;
    try {
      const MatrixView logits{z.data(), rows, 10};
      uncertainty(logits, {entropy.data(), nullptr, nullptr}, choose_instruction_set(), pool, control);
      CHECK(false);
    } catch (const Error& error) {
      CHECK(error.code == ErrorCode::nonfinite);
      CHECK(error.row == 31234);
      CHECK(error.column == 7);
    }
  }
}

TEST(uncertainty_stops_when_cancelled) {
  const std::vector<float> z(100000, 0.0f);
  std::vector<float> margin(10000);
  ThreadPool pool(2);
  JobControl control;
  control.cancelled = true;
  CHECK(test::throws(ErrorCode::abort, [&] {
    const MatrixView logits{z.data(), 10000, 10};
    uncertainty(logits, {nullptr, nullptr, margin.data()}, choose_instruction_set(), pool, control);
  }));
}

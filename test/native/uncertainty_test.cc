#include "core/uncertainty.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"
#include "svp/uncertainty.h"

using namespace svp;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool near(double actual, double exact) { return std::abs(actual - exact) <= 1e-8 * std::max(exact, 1e-6); }

}  // namespace

TEST(uncertainty_row_equals_the_sums_it_stands_for) {
  test::Numbers numbers(3);
  for (const InstructionSet set : available_instruction_sets()) {
    for (std::size_t columns = 1; columns <= 40; columns++) {
      std::vector<float> z = numbers.many(columns, 40.0f);
      if (columns > 3) z[columns / 2] = -kInfinity;
      if (columns > 5) z[1] = z[3];
      const UncertaintySums sums = uncertainty_row(set)(z.data(), columns);
      std::vector<float> sorted = z;
      std::sort(sorted.rbegin(), sorted.rend());
      double others = 0;
      double weighted = 0;
      for (std::size_t k = 1; k < columns; k++) {
        const double x = static_cast<double>(sorted[k]) - static_cast<double>(sorted[0]);
        if (std::isinf(x)) continue;
        others += std::exp(x);
        weighted -= x * std::exp(x);
      }
      CHECK(sums.valid);
      CHECK(sums.largest == sorted[0]);
      CHECK(sums.runner_up == (columns > 1 ? sorted[1] : -kInfinity));
      CHECK(near(sums.others, others));
      CHECK(near(sums.weighted, weighted));
    }
  }
}

TEST(uncertainty_row_has_the_same_bits_on_every_instruction_set) {
  test::Numbers numbers(5);
  for (std::size_t columns = 1; columns <= 100; columns++) {
    // Spread, flat, ties and zeros of both signs, −Inf here and there, and the ends of float32.
    for (int kind = 0; kind < 6; kind++) {
      std::vector<float> z = numbers.many(columns, kind == 0 ? 2000.0f : kind == 1 ? 1e-42f : 20.0f);
      for (std::size_t k = 0; k < columns; k++) {
        if (kind == 2) z[k] = std::floor(z[k] / 8) * 0.0f + static_cast<float>(k % 3 == 1);
        if (kind == 3 && k % 3 != columns % 3) z[k] = -kInfinity;
        if (kind == 4) z[k] *= 3e37f;
      }
      if (kind == 3) z[columns / 2] = 1;
      const UncertaintySums scalar = uncertainty_row(InstructionSet::scalar)(z.data(), columns);
      for (const InstructionSet set : available_instruction_sets()) {
        const UncertaintySums sums = uncertainty_row(set)(z.data(), columns);
        CHECK(sums.valid && scalar.valid);
        CHECK(test::same_bits(sums.others, scalar.others));
        CHECK(test::same_bits(sums.weighted, scalar.weighted));
        CHECK(sums.largest == scalar.largest && sums.runner_up == scalar.runner_up);
      }
    }
  }
}

TEST(uncertainty_has_the_same_bits_on_every_instruction_set_and_any_number_of_threads) {
  test::Numbers numbers(13);
  const std::size_t rows = 900;
  for (const std::size_t columns : {1, 2, 7, 10, 100}) {
    const std::vector<float> z = numbers.many(rows * columns, 30.0f);
    std::vector<float> expected;
    for (const InstructionSet set : available_instruction_sets()) {
      for (const unsigned threads : {1u, 3u}) {
        ThreadPool pool(threads);
        JobControl control;
        std::vector<float> out(3 * rows);
        uncertainty({z.data(), rows, columns}, {&out[0], &out[rows], &out[2 * rows]}, set, pool, control);
        if (expected.empty()) expected = out;
        CHECK(std::memcmp(out.data(), expected.data(), out.size() * sizeof(float)) == 0);
      }
    }
  }
}

TEST(uncertainty_row_sees_bad_values_wherever_they_are) {
  for (const InstructionSet set : available_instruction_sets()) {
    for (std::size_t columns = 1; columns <= 20; columns++) {
      for (std::size_t at = 0; at < columns; at++) {
        std::vector<float> z(columns, 1.0f);
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinity}) {
          z[at] = bad;
          CHECK(!uncertainty_row(set)(z.data(), columns).valid);
        }
        z[at] = -kInfinity;
        CHECK(uncertainty_row(set)(z.data(), columns).valid == (columns > 1));
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
      uncertainty({z.data(), rows, 10}, {entropy.data(), nullptr, nullptr}, choose_instruction_set(), pool, control);
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
    uncertainty({z.data(), 10000, 10}, {nullptr, nullptr, margin.data()}, choose_instruction_set(), pool, control);
  }));
}

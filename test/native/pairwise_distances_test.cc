#include "core/pairwise_distances.h"

#include <cmath>

#include "check.h"
#include "core/unit_rows.h"
#include "svp/squared_distance.h"

using namespace svp;

TEST(pairwise_distances_equal_single_ones_for_all_threads_and_sets) {
  test::Numbers numbers(9);
  for (const std::size_t d : {0u, 1u, 8u, 13u, 600u}) {
    const std::size_t a_rows = 67;
    const std::size_t b_rows = 131;
    const std::vector<float> a = numbers.many(a_rows * d, 4.0f);
    const std::vector<float> b = numbers.many(b_rows * d, 4.0f);
    for (const InstructionSet set : available_instruction_sets()) {
      for (const unsigned threads : {1u, 3u}) {
        ThreadPool pool(threads);
        JobControl control;
        std::vector<double> out(a_rows * b_rows, -1.0);
        pairwise_distances({a.data(), a_rows, d}, {b.data(), b_rows, d}, {}, set, pool, control, out.data());
        CHECK(control.done == out.size());
        for (std::size_t i = 0; i < a_rows; i++) {
          for (std::size_t j = 0; j < b_rows; j++) {
            const double square = squared_distance(InstructionSet::scalar)(a.data() + i * d, b.data() + j * d, d);
            CHECK(test::same_bits(out[i * b_rows + j], std::sqrt(square)));
          }
        }
      }
    }
  }
}

TEST(unit_rows_have_length_one_and_refuse_zeros) {
  test::Numbers numbers(2);
  ThreadPool pool(2);
  JobControl control;
  const std::size_t d = 21;
  std::vector<float> x = numbers.many(100 * d, 1e-20f);
  const std::vector<float> unit = unit_rows({x.data(), 100, d}, "x", choose_instruction_set(), pool, control);
  const std::vector<float> origin(d, 0.0f);
  for (std::size_t i = 0; i < 100; i++) {
    CHECK(std::abs(squared_distance(InstructionSet::scalar)(unit.data() + i * d, origin.data(), d) - 1) < 1e-6);
  }
  std::fill(x.begin() + 40 * d, x.begin() + 42 * d, 0.0f);
  try {
    unit_rows({x.data(), 100, d}, "x", choose_instruction_set(), pool, control);
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.code == ErrorCode::nonfinite && error.row == 40);
  }
}

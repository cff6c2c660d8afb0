#include "core/finite.h"

#include <limits>

#include "check.h"

using namespace svp;

TEST(require_finite_names_the_first_value_with_any_number_of_threads) {
  const std::size_t rows = 20000;
  const std::size_t columns = 31;
  std::vector<float> x(rows * columns, 1.0f);
  x[7] = std::numeric_limits<float>::max();
  x[8] = std::numeric_limits<float>::denorm_min();
  x[9] = -0.0f;
  for (unsigned threads = 1; threads <= 8; threads++) {
    ThreadPool pool(threads);
    const JobControl control;
    require_finite({x.data(), rows, columns}, "x", pool, control);  // does not throw
    std::vector<float> bad = x;
    bad[19999 * columns] = std::numeric_limits<float>::quiet_NaN();
    bad[12345 * columns + 30] = -std::numeric_limits<float>::infinity();
    try {
      require_finite({bad.data(), rows, columns}, "x", pool, control);
      CHECK(false);
    } catch (const Error& error) {
      CHECK(error.code == ErrorCode::nonfinite && error.row == 12345 && error.column == 30);
    }
  }
}

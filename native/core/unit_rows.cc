#include "core/unit_rows.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "svp/squared_distance.h"

namespace svp {

std::vector<float> unit_rows(const MatrixView& matrix, const char* what, InstructionSet set, ThreadPool& pool,
                             const JobControl& control) {
  const std::size_t d = matrix.columns;
  const SquaredDistance distance = squared_distance(set);
  const std::vector<float> origin(d, 0.0f);
  std::vector<float> scaled(matrix.rows * d);
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::atomic<std::size_t> first_zero{none};
  const std::size_t grain = std::max<std::size_t>(1, (std::size_t{1} << 16) / std::max<std::size_t>(1, d));
  pool.parallel_for(matrix.rows, grain, [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    for (std::size_t i = begin; i < end; i++) {
      const float* row = matrix.row(i);
      const double norm = std::sqrt(distance(row, origin.data(), d));
      if (norm == 0) {
        std::size_t known = first_zero.load(std::memory_order_relaxed);
        while (i < known && !first_zero.compare_exchange_weak(known, i, std::memory_order_relaxed)) {
        }
        return;
      }
      float* out = scaled.data() + i * d;
      for (std::size_t k = 0; k < d; k++) out[k] = static_cast<float>(static_cast<double>(row[k]) / norm);
    }
  });
  const std::size_t zero = first_zero.load(std::memory_order_relaxed);
  if (zero != none) {
    throw Error(ErrorCode::nonfinite, std::string(what) + ": row " + std::to_string(zero) +
                                          " holds only zeros and has no direction, so it has no cosine distance. "
                                          "Remove it or use the Euclidean metric.",
                static_cast<std::int64_t>(zero));
  }
  return scaled;
}

}  // namespace svp

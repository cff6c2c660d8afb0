// Square tiles of pairs. Both sides of a tile are widened to float64 once, so that the kernel does nothing but
// subtract, multiply and add: at 64 × 64 pairs the widening is 2 % of the work. Four rows of b stay in the first-level
// cache while the rows of a stream past them from the second.
#include "core/pairwise_distances.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/cuda_library.h"
#include "core/finite.h"
#include "core/unit_rows.h"
#include "svp/squared_distance.h"

namespace svp {

namespace {

constexpr std::size_t kTileBytes = 256 * 1024;  // one side of a tile, widened; half a second-level cache

// Rows [begin, end) as float64, each padded with zeros to `padded` values.
void widen(const MatrixView& matrix, std::size_t begin, std::size_t end, std::size_t padded, double* out) {
  for (std::size_t i = begin; i < end; i++, out += padded) {
    const float* row = matrix.row(i);
    for (std::size_t k = 0; k < matrix.columns; k++) out[k] = static_cast<double>(row[k]);
    std::fill(out + matrix.columns, out + padded, 0.0);
  }
}

struct Scratch {
  std::vector<double> a;
  std::vector<double> b;
};

}  // namespace

void pairwise_distances(const MatrixView& a_given, const MatrixView& b_given, const PairwiseOptions& options,
                        InstructionSet set, ThreadPool& pool, JobControl& control, double* out,
                        const DeviceChoice& device) {
  const DevicePlan plan = plan_device(device, 0);
  control.total.store(a_given.rows * b_given.rows, std::memory_order_relaxed);
  require_finite(a_given, "a", pool, control);
  if (b_given.data != a_given.data || b_given.rows != a_given.rows) require_finite(b_given, "b", pool, control);

  MatrixView a = a_given;
  MatrixView b = b_given;
  std::vector<float> a_unit;
  std::vector<float> b_unit;
  if (options.cosine) {
    a_unit = unit_rows(a, "a", set, pool, control);
    b_unit = unit_rows(b, "b", set, pool, control);
    a.data = a_unit.data();
    b.data = b_unit.data();
  }

  if (plan.table != nullptr) {
    const SvpCudaJob job = cuda_job(control);
    const std::string devices = device_numbers(device.device);
    const SvpCudaOptions cuda{devices.c_str(), device.settings.c_str(), 0};
    SvpCudaStatus status;
    require_success(plan.table->pairwise_distances(a.data, a.rows, b.data, b.rows, a.columns, options.squared ? 1 : 0,
                                                   &job, &cuda, out, &status),
                    status);
    control.done.store(a.rows * b.rows, std::memory_order_relaxed);
    return;
  }

  const std::size_t padded = (a.columns + 7) / 8 * 8;
  const std::size_t tile = std::clamp<std::size_t>(kTileBytes / (8 * std::max<std::size_t>(padded, 1)) / 4 * 4, 4, 64);
  const std::size_t a_tiles = (a.rows + tile - 1) / tile;
  const std::size_t b_tiles = (b.rows + tile - 1) / tile;
  const SquaredDistance1x4 kernel = squared_distance_1x4(set);
  std::vector<Scratch> scratch(pool.size());

  pool.parallel_for(a_tiles * b_tiles, 1, [&](std::size_t first, std::size_t last, unsigned thread) {
    Scratch& mine = scratch[thread];
    mine.a.resize(tile * padded);
    mine.b.resize(tile * padded);
    for (std::size_t t = first; t < last; t++) {
      const std::size_t a_begin = t / b_tiles * tile;
      const std::size_t b_begin = t % b_tiles * tile;
      const std::size_t a_end = std::min(a_begin + tile, a.rows);
      const std::size_t b_end = std::min(b_begin + tile, b.rows);
      widen(a, a_begin, a_end, padded, mine.a.data());
      widen(b, b_begin, b_end, padded, mine.b.data());
      for (std::size_t j = b_begin; j < b_end; j += 4) {
        const std::size_t columns = std::min<std::size_t>(4, b_end - j);
        const double* rows[4];
        // A group that is not full repeats its last row.
        for (std::size_t c = 0; c < 4; c++) rows[c] = mine.b.data() + (j - b_begin + std::min(c, columns - 1)) * padded;
        for (std::size_t i = a_begin; i < a_end; i++) {
          control.check();
          double squares[4];
          kernel(mine.a.data() + (i - a_begin) * padded, rows, padded, squares);
          double* to = out + i * b.rows + j;
          for (std::size_t c = 0; c < columns; c++) to[c] = options.squared ? squares[c] : std::sqrt(squares[c]);
        }
      }
      control.done.fetch_add((a_end - a_begin) * (b_end - b_begin), std::memory_order_relaxed);
    }
  });
}

}  // namespace svp

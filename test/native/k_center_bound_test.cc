// Attacks the filter's bound: whatever the data, a pair that the filter skips has a D2 above m. Thresholds are set to
// just what D2 itself is, so that any rounding on the wrong side would skip a pair that it must not.
#include <cmath>
#include <cstdint>
#include <vector>

#include "check.h"
#include "cpu/k_center_filter.h"
#include "k_center_mapped.h"
#include "svp/control.h"
#include "svp/feature_source.h"
#include "svp/instruction_set.h"
#include "svp/squared_distance.h"
#include "svp/thread_pool.h"

namespace svp::test {

namespace {

// Rows of one character; what the filter finds hardest is all rows nearly equal, or far from the origin.
std::vector<float> rows_of(int character, std::size_t n, std::size_t d, Numbers& numbers) {
  std::vector<float> data(n * d);
  for (std::size_t i = 0; i < n; i++) {
    for (std::size_t k = 0; k < d; k++) {
      const float x = numbers.next(2);
      float& out = data[i * d + k];
      switch (character) {
        case 0: out = x; break;
        case 1: out = 1e6f + x; break;
        case 2: out = 3 + x * 1e-6f; break;
        case 3: out = x * (i % 9 == 0 ? 1e30f : 1e28f); break;
        case 4: out = x * 1e-30f; break;
        case 5: out = x * (i % 2 ? 1e-38f : 1e-42f); break;
        case 6: out = x / static_cast<float>((k + 1) * (k + 1)); break;
        default: out = i % 3 == 0 || i == 0 ? x : data[(i - 1) * d + k]; break;
      }
    }
  }
  return data;
}

}  // namespace

TEST(no_pair_is_skipped_that_could_lower_m) {
  JobControl control;
  ThreadPool pool(1);
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    const SquaredDistance distance = squared_distance(set);
    std::uint64_t skipped = 0;
    std::uint64_t wrong = 0;
    for (int character = 0; character < 8; character++) {
      for (const std::size_t d : {3, 20, 64, 200}) {
        const std::size_t n = 90;
        Numbers numbers(static_cast<unsigned>(character * 100 + static_cast<int>(d)));
        const std::vector<float> data = rows_of(character, n, d, numbers);
        const auto features = memory_features({data.data(), n, d});
        KCenterTuning tuning;
        tuning.filter = KCenterTuning::Filter::projected;
        cpu::KCenterFilter filter(*features, kernel, tuning);
        filter.prepare(scan_features(*features, false, 0, pool, control).largest, pool, control);
        map_all(filter, *features);
        for (std::size_t level = 0; level < cpu::kLevels; level++) {
          if (!filter.has(level)) continue;
          const std::size_t p = filter.length(level);
          const KCenterBound& bound = filter.bound(level);
          std::vector<float> x(p), y(p), row(d);
          for (std::size_t i = 0; i < n; i++) {
            filter.read(i, level, x.data(), row.data());
            for (std::size_t c = 0; c < n; c++) {
              filter.read(c, level, y.data(), row.data());
              const double d2 = distance(features->row(i, nullptr), features->row(c, nullptr), d);
              for (const double factor : {1.0, 1.0 + 1e-12, 0.5}) {
                const double m = d2 * factor;
                const float sum = bound.row_threshold(filter.norm(i), m * filter.scale_square()) +
                                  bound.column_threshold(filter.norm(c));
                const bool skip = kernel.dot(x.data(), y.data(), p) - sum < 0;
                skipped += skip;
                wrong += skip && d2 <= m;
              }
            }
          }
        }
      }
    }
    CHECK(wrong == 0);
    CHECK(skipped > 100000);  // and it does skip
  }
}

}  // namespace svp::test

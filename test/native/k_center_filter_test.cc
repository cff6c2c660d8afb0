// The bound as the engine applies it: thresholds inside the fused product, at every length of z and with rows longer
// than one pass of the product. Each row's m is the very D2 of one of the centers, so that a tie must survive.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "check.h"
#include "cpu/aligned.h"
#include "cpu/k_center_filter.h"
#include "cpu/k_center_panels.h"
#include "k_center_mapped.h"
#include "k_center_reference.h"

namespace svp::test {

namespace {

constexpr std::size_t kPass = 512;  // elements of one pass, as in the engine

std::vector<float> rows_of(int character, std::size_t n, std::size_t d, Numbers& numbers) {
  std::vector<float> data(n * d);
  for (std::size_t i = 0; i < n; i++) {
    for (std::size_t k = 0; k < d; k++) {
      const float x = numbers.next(2);
      float& out = data[i * d + k];
      switch (character) {
        case 0: out = x; break;
        case 1: out = 1e6f + x; break;
        case 2: out = -5e4f * static_cast<float>(i % 2 * 2) + x * 0.01f; break;
        case 3: out = 1 + x * 1e-7f; break;
        case 4: out = x * 3e38f; break;
        case 5: out = x * 1e-44f; break;
        case 6: out = i == 0 ? x * 1e30f : x * 1e-30f; break;
        default: out = i % 2 == 0 || k % 7 > 0 ? (i > 1 ? data[(i - 2) * d + k] : x) : x * 1e-3f; break;
      }
    }
  }
  return data;
}

}  // namespace

TEST(product_filter_with_the_bound_keeps_every_pair_that_could_matter) {
  JobControl control;
  ThreadPool pool(1);
  std::size_t pairs = 0;
  std::size_t kept_pairs = 0;
  for (const InstructionSet set : available_instruction_sets()) {
    const cpu::ProductKernel& kernel = cpu::product_kernel(set);
    std::size_t lost = 0;
    for (int character = 0; character < 8; character++) {
      for (const std::size_t d : {std::size_t{1}, std::size_t{17}, std::size_t{90}, std::size_t{1100}}) {
        const std::size_t n = 3 * kernel.rows;
        const std::size_t centers = 2 * kernel.columns;
        Numbers numbers(static_cast<unsigned>(1 + character * 7 + static_cast<int>(d)));
        const std::vector<float> data = rows_of(character, std::max(n, centers), d, numbers);
        const auto features = memory_features({data.data(), std::max(n, centers), d});
        KCenterTuning tuning;
        tuning.filter = KCenterTuning::Filter::projected;
        cpu::KCenterFilter filter(*features, kernel, tuning);
        filter.prepare(scan_features(*features, false, 0, pool, control).largest, pool, control);
        map_all(filter, *features);

        std::vector<std::uint32_t> all(features->rows());
        for (std::size_t i = 0; i < all.size(); i++) all[i] = static_cast<std::uint32_t>(i);
        std::vector<double> d2(n * centers);
        for (std::size_t i = 0; i < n; i++) {
          for (std::size_t c = 0; c < centers; c++) {
            d2[i * centers + c] = reference_distance(features->row(i, nullptr), features->row(c, nullptr), d);
          }
        }
        for (std::size_t level = 0; level < cpu::kLevels; level++) {
          if (!filter.has(level)) continue;
          const std::size_t p = filter.length(level);
          const std::size_t stride = p * kernel.columns;
          cpu::Aligned<float> rows(n * p), columns(centers * p), limits(centers);
          std::vector<float> z(2 * filter.length(cpu::kDense) + 64);
          cpu::pack_rows(filter, level, all.data(), n, kernel.rows, rows.data(), z.data());
          cpu::pack_rows(filter, level, all.data(), centers, kernel.columns, columns.data(), z.data());
          for (std::size_t c = 0; c < centers; c++) {
            limits.data()[c] = filter.bound(level).column_threshold(filter.norm(c));
          }
          for (std::size_t panel = 0; panel < 3; panel++) {
            std::vector<double> m(kernel.rows);
            std::vector<float> thresholds(kernel.rows);
            for (std::size_t r = 0; r < kernel.rows; r++) {
              const std::size_t i = panel * kernel.rows + r;
              m[r] = d2[i * centers + (i * 11 + level) % centers];
              thresholds[r] = filter.bound(level).row_threshold(filter.norm(i), m[r] * filter.scale_square());
            }
            cpu::Aligned<float> partial(kernel.rows * centers);
            const float* a = rows.data() + panel * kernel.rows * p;
            std::size_t done = 0;
            for (; p - done > kPass; done += kPass) {
              kernel.store(kPass, a + done * kernel.rows, columns.data() + done * kernel.columns, stride, 2,
                           partial.data(), kernel.columns, kernel.rows * kernel.columns, done > 0);
            }
            std::vector<cpu::ProductHit> hits(kernel.rows * 2 + 1);
            const std::size_t found = kernel.filter(
                p - done, a + done * kernel.rows, columns.data() + done * kernel.columns, stride, 2, thresholds.data(),
                limits.data(), done > 0 ? partial.data() : nullptr, hits.data());
            std::vector<bool> kept(kernel.rows * centers, false);
            for (std::size_t h = 0; h < found; h++) {
              for (std::size_t j = 0; j < kernel.columns; j++) {
                if (hits[h].mask >> j & 1u) kept[hits[h].row * centers + hits[h].panel * kernel.columns + j] = true;
              }
            }
            for (std::size_t r = 0; r < kernel.rows; r++) {
              for (std::size_t c = 0; c < centers; c++) {
                pairs++;
                kept_pairs += kept[r * centers + c];
                lost += !kept[r * centers + c] && d2[(panel * kernel.rows + r) * centers + c] <= m[r];
              }
            }
          }
        }
      }
    }
    CHECK(lost == 0);
  }
  CHECK(kept_pairs < pairs * 3 / 4);  // and it does filter
}

}  // namespace svp::test

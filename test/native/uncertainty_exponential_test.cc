// The float32 exponential of cpu/uncertainty_wide.h, seen through the sums of rows that hold one logit 31 times below
// a largest.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "check.h"
#include "svp/uncertainty.h"

using namespace svp;

namespace {

// What 2 float32 ulp leave when the measure itself is rounded once: 1.5 · 2^-24, less what the sums may add.
constexpr double kBound = 8.9e-8;

// The largest relative error of exp((z − top)/T) over z = from, and every `stride`th float32 on to `to` (away from 0).
double largest_error(float top, float from, float to, std::uint32_t stride, double temperature) {
  static UncertaintySums sums;
  const UncertaintyKernel& kernel = uncertainty_kernel(choose_instruction_set());
  const UncertaintyTemperature scale(temperature);
  constexpr std::size_t kColumns = 32;
  std::vector<float> rows(kUncertaintyRows * kColumns);
  std::uint32_t bits, last;
  std::memcpy(&bits, &from, sizeof(bits));
  std::memcpy(&last, &to, sizeof(last));
  double worst = 0;
  while (bits <= last) {
    for (std::size_t i = 0; i < kUncertaintyRows; i++, bits += stride) {
      float z;
      std::memcpy(&z, &bits, sizeof(z));
      std::fill_n(rows.begin() + static_cast<std::ptrdiff_t>(i * kColumns), kColumns, z);
      rows[i * kColumns] = top;
    }
    CHECK(kernel.sums(rows.data(), kUncertaintyRows, kColumns, scale, sums) == kUncertaintyRows);
    for (std::size_t i = 0; i < kUncertaintyRows; i++) {
      const double x = (static_cast<double>(rows[i * kColumns + 1]) - static_cast<double>(top)) / temperature;
      const double exact = 31 * std::exp(x + sums.shift[i]);
      worst = std::max(worst, std::abs(sums.others[i] / exact - 1));
    }
  }
  return worst;
}

}  // namespace

TEST(uncertainty_exponential_is_within_its_bound_over_a_whole_period) {
  // y = z·log2(e) from −1.5 to −0.5, so f from −½ to ½.
  CHECK(largest_error(0, -0.346f, -1.04f, 13, 1) < kBound);
  CHECK(largest_error(0, -0.346f * 7.3f, -1.04f * 7.3f, 101, 7.3) < kBound);
}

TEST(uncertainty_exponential_is_within_its_bound_far_from_zero) {
  CHECK(largest_error(-600, -600.5f, -608, 1, 1) < kBound);
  CHECK(largest_error(-6000, -6005, -6080, 1, 10) < kBound);
  CHECK(largest_error(0, -1.04f, -12, 1013, 1) < kBound);
}

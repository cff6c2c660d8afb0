// One row of logits in one pass, with exponentials in float32 and sums in float64: the fast kernel for rows of many classes.
//
// With y = z·log2(e)/T, the pass adds up E = 2^(y − M) and z·E over all columns, M being a whole number near the largest y: of
// the first columns, because the whole row's is known only at the end. From these and the largest logit m,
//
//   others = Σ E − E(m),   weighted = (m·others − (Σ zE − m·E(m)))/T,   both times exp(−shift), shift = m/T − M·log 2
//
// where E(m) is the very float32 that was added, so that it goes out again exactly.
//
// The exponentials are within 8.81e-8 (cpu/uncertainty_exponential.h); sums of float32 values in float64 add 2^-31 where
// `trusted` below holds. The measures' relative errors are at most that of the E, so that with the final rounding all is within
// 2 float32 ulp (1.5·2^-24 = 8.94e-8): docs/NUMERICS.md.
//
// About 22 vector operations for 8 logits, without a division or a store.
#pragma once

#include "cpu/uncertainty_exponential.h"
#include "cpu/uncertainty_row.h"

namespace svp::cpu {

// Rows beyond kMostPower or these go to uncertainty_row: y − M on either side, so that E is a normal float32 and what is
// below the range cannot matter.
constexpr double kPowersBelow = 124;
constexpr double kPowersAbove = 100;

// False where the row needs uncertainty_row, which also finds out what is wrong with it. columns: 16 … 2^30.
template <typename V>
inline bool uncertainty_wide(const float* row, std::size_t columns, const UncertaintyTemperature& temperature,
                             UncertaintySums& sums, std::size_t i) {
  using F = typename V::Singles;
  using D = typename V::Doubles;
  constexpr std::size_t kBlock = 128;
  constexpr float kNothing = -__builtin_inff();

  float lanes[8];
  V::store(lanes, V::larger(V::load(row), V::load(row + 8)));
  float near_largest = lanes[0];
  for (int l = 1; l < 8; l++) near_largest = lanes[l] > near_largest ? lanes[l] : near_largest;
  const double power = static_cast<double>(near_largest) * temperature.log2e;
  if (!(power >= -kMostPower && power <= kMostPower)) return false;
  const double whole = static_cast<double>(static_cast<int>(power));
  const float lowest = static_cast<float>((whole - kPowersBelow) / temperature.log2e);

  const UncertaintyExponential<V> exponential_of(temperature, V::fill(0x1.8p23f - static_cast<float>(whole)));
  // Largest of each lane, the second among the blocks' largest, and the block of the largest.
  F first = V::fill(kNothing);
  F second = first;
  F smallest = V::fill(-kNothing);
  F block_of = V::fill(0);
  D total = V::fill_double(0);
  D product = V::fill_double(0);
  for (std::size_t begin = 0; begin < columns; begin += kBlock) {
    const std::size_t end = begin + kBlock < columns ? begin + kBlock : columns;
    F largest = V::fill(kNothing);
    std::size_t k = begin;
    for (; k + 32 <= end; k += 32) {
      F z[4], e[4];
      for (int u = 0; u < 4; u++) z[u] = V::load(row + k + 8 * u);
      exponential_of(z, e);
      for (int u = 0; u < 4; u++) {
        largest = V::larger(z[u], largest);
        smallest = V::smaller(z[u], smallest);
      }
      for (int u = 0; u < 4; u++) {
        const D wide = V::widen(e[u]);
        total = V::plus(total, wide);
        product = V::fused_double(V::load_widened(row + k + 8 * u), wide, product);
      }
    }
    for (; k < end; k += 8) {
      // Lanes past the end hold the lowest logit that may be here, which adds nothing to speak of.
      const F z[1] = {k + 8 <= end ? V::load(row + k) : V::load_some(row + k, end - k, lowest)};
      F e[1];
      exponential_of(z, e);
      largest = V::larger(z[0], largest);
      smallest = V::smaller(z[0], smallest);
      const D wide = V::widen(e[0]);
      total = V::plus(total, wide);
      product = V::fused_double(V::widen(z[0]), wide, product);
    }
    block_of = V::where_greater(largest, first, V::fill(static_cast<float>(begin / kBlock)), block_of);
    second = V::larger(V::smaller(largest, first), second);
    first = V::larger(largest, first);
  }

  float firsts[8], seconds[8], blocks[8];
  V::store(firsts, first);
  V::store(seconds, second);
  V::store(blocks, block_of);
  V::store(lanes, smallest);
  int lane = 0;
  float least = lanes[0];
  for (int l = 1; l < 8; l++) {
    lane = firsts[l] > firsts[lane] ? l : lane;
    least = lanes[l] < least ? lanes[l] : least;
  }
  const float largest = firsts[lane];
  const double m = static_cast<double>(largest);
  // Whatever holds a NaN or an infinity fails one of these, or has a NaN for its product.
  if (!(least >= lowest && m * temperature.log2e - whole <= kPowersAbove)) return false;

  float runner_up = seconds[lane];
  for (int l = 0; l < 8; l++) {
    const float other = l == lane ? seconds[l] : firsts[l];
    runner_up = other > runner_up ? other : runner_up;
  }
  // What the largest hides in its own lane of its block.
  const std::size_t begin = static_cast<std::size_t>(blocks[lane]) * kBlock;
  bool seen = false;
  for (std::size_t k = begin + static_cast<std::size_t>(lane); k < begin + kBlock && k < columns; k += 8) {
    const float z = row[k];
    if (z == largest && !seen) seen = true;
    else runner_up = z > runner_up ? z : runner_up;
  }

  const F top[1] = {V::fill(largest)};
  F at_top[1];
  exponential_of(top, at_top);
  V::store(lanes, at_top[0]);
  const double e = static_cast<double>(lanes[0]);
  double parts[8];
  V::store_double(parts, total);
  const double all = combine_lanes(parts);
  V::store_double(parts, product);
  const double others = all - e;
  const double weighted = m * others - (combine_lanes(parts) - m * e);
  // Each float64 sum is off by 2^-53 of its largest part an addition; that must be below 2^-31 of what is left.
  const double size = m < 0 ? -m : m;
  const double additions = static_cast<double>(columns / 8 + 6);
  const bool trusted = others >= all * additions * (1 + size * temperature.inverse) * 0x1p-22 && weighted - weighted == 0;
  if (!trusted) return false;
  sums.others[i] = others;
  sums.weighted[i] = weighted * temperature.inverse;
  sums.shift[i] = m * temperature.inverse - whole * 0x1.62e42fefa39efp-1;
  sums.gap[i] = (static_cast<double>(runner_up) - m) * temperature.inverse;
  return true;
}

}  // namespace svp::cpu

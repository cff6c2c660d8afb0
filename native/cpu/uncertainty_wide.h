// Rows of many classes in one pass, with exponentials in float32 and sums in float64: the fast kernel.
//
// With y = z·log2(e)/T, the pass adds up E = 2^(y − M) and z·E over all columns, M being a whole number near the
// largest y: of the first columns, because the whole row's is known only at the end. From these and the largest logit
// m,
//
//   others = Σ E − E(m),   weighted = (m·others − (Σ zE − m·E(m)))/T,   both times exp(−shift), shift = m/T − M·log 2
//
// where E(m) is the very float32 that was added, so that it goes out again exactly.
//
// The exponentials are within 8.81e-8 (cpu/uncertainty_exponential.h); sums of float32 values in float64 add 2^-31
// where `trusted` below holds. The measures' relative errors are at most that of the E, so that with the final
// rounding all is within 2 float32 ulp (1.5·2^-24 = 8.94e-8): docs/NUMERICS.md.
//
// Eight rows are prepared and finished together: what happens once a row is long chains of few operations, which would
// hold up the pass over the next row. The pass itself is about 22 vector operations for a vector of float32, without a
// division; where a vector holds 16, as many logits.
#pragma once

#include "cpu/uncertainty_exponential.h"
#include "cpu/uncertainty_row.h"

namespace svp::cpu {

// Rows beyond kMostPower or these go to uncertainty_row: y − M on either side, so that E is a normal float32 and what
// is below the range cannot matter.
constexpr double kPowersBelow = 124;
constexpr double kPowersAbove = 100;

constexpr std::size_t kWideGroup = 8;     // rows that are finished together
constexpr std::size_t kWideBlock = 128;   // columns that are searched again for what the largest logit hides
constexpr std::size_t kWideLast = 16;     // columns of the steps at the end; the last is filled up
constexpr std::size_t kWideAhead = 2048;  // float32 values: how far ahead memory is asked for

// What is known of each row of a group before its pass, and after.
struct WideRows {
  bool taken[kWideGroup];                       // false: the row needs uncertainty_row
  alignas(64) double whole[kWideGroup];         // M
  alignas(64) float lowest[kWideGroup];         // logits below are out of range
  alignas(64) float least[kWideGroup];          // the smallest logit
  alignas(64) float largest[kWideGroup];        // m
  alignas(64) float runner_up[kWideGroup];      // the second largest, but for what the largest hides …
  std::size_t hidden[kWideGroup];               // … in every eighth column from here to the end of the block
  alignas(64) double total[kWideGroup];         // Σ E
  alignas(64) double product[kWideGroup];       // Σ z·E
};

template <typename V>
inline void wide_prepare(const float* row, const UncertaintyTemperature& temperature, double power_of_one,
                         WideRows& rows, std::size_t l) {
  const float near_largest = V::largest_of(V::larger(V::load(row), V::load(row + 8)));
  const double power = static_cast<double>(near_largest) * temperature.log2e;
  rows.taken[l] = power >= -kMostPower && power <= kMostPower;
  const double whole = rows.taken[l] ? static_cast<double>(static_cast<int>(power)) : 0;
  rows.whole[l] = whole;
  rows.lowest[l] = static_cast<float>((whole - kPowersBelow) * power_of_one);
}

// The pass over a row that is taken.
template <typename V>
inline void wide_pass(const float* row, std::size_t columns, const UncertaintyTemperature& temperature,
                      WideRows& rows, std::size_t row_of_group) {
  using F = typename V::Singles;
  using D = typename V::Doubles;
  using L = typename V::Long;
  using W = typename L::Singles;
  constexpr std::size_t kStep = V::kStep;
  constexpr float kNothing = -__builtin_inff();

  const float origin = 0x1.8p23f - static_cast<float>(rows.whole[row_of_group]);
  const UncertaintyExponential<L> exponential_of(temperature, L::fill(origin));
  // Largest of each lane, the second among the blocks' largest, and the block of the largest.
  F first = V::fill(kNothing);
  F second = first;
  W smallest_of = L::fill(-kNothing);
  F block_of = V::fill(0);
  D total = V::fill_double(0);
  D product = V::fill_double(0);
  // The exponentials of one step of columns are added up while those of the next are made: a sum waits for a long chain
  // of operations, and the processor cannot look far enough ahead to find others by itself.
  const float lowest = rows.lowest[row_of_group];
  alignas(64) float kept[2][kStep];
  bool waiting = false;  // the step before column k is not added up yet
  W largest_of;
  const auto exponentials = [&](const float* from, float* to) {
    constexpr int N = static_cast<int>(kStep / L::kLanes);
    W z[N], e[N];
    for (int u = 0; u < N; u++) z[u] = L::load(from + L::kLanes * u);
    exponential_of(z, e);
    for (int u = 0; u < N; u++) {
      largest_of = L::larger(z[u], largest_of);
      smallest_of = L::smaller(z[u], smallest_of);
      L::store(to + L::kLanes * u, e[u]);
    }
  };
  const auto add_up = [&](const float* from, const float* made, std::size_t count) {
    // Widened on the way from memory, as the logits are: half the work of doing it between registers.
    V::in_memory(kept);
    for (std::size_t u = 0; u < count; u += 8) {
      const D wide = V::load_widened(made + u);
      total = V::plus(total, wide);
      product = V::fused_double(V::load_widened(from + u), wide, product);
    }
  };
  for (std::size_t begin = 0; begin < columns; begin += kWideBlock) {
    const std::size_t end = begin + kWideBlock < columns ? begin + kWideBlock : columns;
    largest_of = L::fill(kNothing);
    std::size_t k = begin;
    for (; k + kStep <= end; k += kStep) {
      for (std::size_t u = 0; u < kStep; u += 16) __builtin_prefetch(row + k + u + kWideAhead, 0, 2);
      exponentials(row + k, kept[k / kStep % 2]);
      if (waiting) add_up(row + k - kStep, kept[(k / kStep + 1) % 2], kStep);
      waiting = true;
    }
    if (end == columns) {
      // The last step is filled up with the lowest logit that may be here, which adds nothing to speak of.
      const std::size_t left = end - k;
      alignas(64) float last[kStep];
      for (std::size_t u = 0; left > 0 && u < kStep; u += L::kLanes) {
        const std::size_t here = left > u ? left - u : 0;
        L::store(last + u, here >= L::kLanes ? L::load(row + k + u)
                                             : L::load_some(row + k + (here > 0 ? u : 0), here, lowest));
      }
      float* kept_last = kept[k / kStep % 2];
      if (left > 0) exponentials(last, kept_last);
      if (waiting) add_up(row + k - kStep, kept[(k / kStep + 1) % 2], kStep);
      if (left > 0) add_up(last, kept_last, (left + kWideLast - 1) / kWideLast * kWideLast);
    }
    const F largest = L::fold_larger(largest_of);
    block_of = V::where_greater(largest, first, V::fill(static_cast<float>(begin / kWideBlock)), block_of);
    second = V::larger(V::smaller(largest, first), second);
    first = V::larger(largest, first);
  }
  const float largest = V::largest_of(first);
  const std::size_t lane = V::first_lane(first, largest);
  float blocks[8];
  V::store(blocks, block_of);
  rows.largest[row_of_group] = largest;
  rows.runner_up[row_of_group] = V::largest_of(V::where_lane(lane, second, first));
  rows.least[row_of_group] = V::smallest_of(L::fold_smaller(smallest_of));
  rows.hidden[row_of_group] = static_cast<std::size_t>(blocks[lane]) * kWideBlock + lane;
  rows.total[row_of_group] = V::combine(total);
  rows.product[row_of_group] = V::combine(product);
}

// The second largest logit: of what is known, and of the lane that the largest was found in.
static float wide_runner_up(const float* row, std::size_t columns, std::size_t hidden, float known) {
  const std::size_t block_end = (hidden / kWideBlock + 1) * kWideBlock;
  const std::size_t end = block_end < columns ? block_end : columns;
  float first = row[hidden];
  for (std::size_t k = hidden + 8; k < end; k += 8) {
    const float z = row[k];
    const float smaller = z < first ? z : first;
    first = z > first ? z : first;
    known = smaller > known ? smaller : known;
  }
  return known;
}

// Sums of the rows of a group that `taken` does not leave out; clears it where a row needs uncertainty_row after all.
template <typename V>
inline void wide_finish(const float* from, std::size_t columns, const UncertaintyTemperature& temperature,
                        WideRows& rows, UncertaintySums& sums, std::size_t i) {
  using F = typename V::Singles;
  const auto whole = V::load_double(rows.whole);
  const F largest[1] = {V::load(rows.largest)};
  const UncertaintyExponential<V> exponential_of(temperature, V::minus_single(V::fill(0x1.8p23f), V::narrow(whole)));
  F at_largest[1];
  exponential_of(largest, at_largest);

  const auto m = V::widen(largest[0]);
  const auto e = V::widen(at_largest[0]);
  const auto inverse = V::fill_double(temperature.inverse);
  const auto total = V::load_double(rows.total);
  const auto others = V::minus(total, e);
  const auto weighted =
      V::minus(V::times(m, others), V::minus(V::load_double(rows.product), V::times(m, e)));
  V::store_double(sums.others + i, others);
  V::store_double(sums.weighted + i, V::times(weighted, inverse));
  V::store_double(sums.shift + i,
                  V::minus(V::times(m, inverse), V::times(whole, V::fill_double(0x1.62e42fefa39efp-1))));

  for (std::size_t l = 0; l < kWideGroup; l++) {
    if (!rows.taken[l]) continue;
    const double top = static_cast<double>(rows.largest[l]);
    // Each float64 sum is off by 2^-53 of its largest part an addition; that must be below 2^-31 of what is left.
    const double size = top < 0 ? -top : top;
    const double additions = static_cast<double>(columns / 8 + 6);
    const double lost = rows.total[l] * additions * (1 + size * temperature.inverse) * 0x1p-22;
    // Whatever holds a NaN or an infinity fails one of these, or has a NaN for its product.
    const bool in_range =
        rows.least[l] >= rows.lowest[l] && top * temperature.log2e - rows.whole[l] <= kPowersAbove;
    const double finite = sums.weighted[i + l] - sums.weighted[i + l];
    rows.taken[l] = in_range && sums.others[i + l] >= lost && finite == 0;
    if (!rows.taken[l]) continue;
    const float second = wide_runner_up(from + l * columns, columns, rows.hidden[l], rows.runner_up[l]);
    sums.gap[i + l] = (static_cast<double>(second) - top) * temperature.inverse;
  }
}

// The first row without sums, or `count`. columns: 16 … 2^30.
template <typename V>
inline std::size_t uncertainty_wide(const float* from, std::size_t count, std::size_t columns,
                                    const UncertaintyTemperature& temperature, UncertaintySums& sums) {
  const double power_of_one = 1 / temperature.log2e;
  WideRows rows = {};
  for (std::size_t i = 0; i < count; i += kWideGroup) {
    const std::size_t group = count - i < kWideGroup ? count - i : kWideGroup;
    const float* first = from + i * columns;
    for (std::size_t l = 0; l < group; l++) {
      wide_prepare<V>(first + l * columns, temperature, power_of_one, rows, l);
    }
    for (std::size_t l = group; l < kWideGroup; l++) rows.taken[l] = false;
    for (std::size_t l = 0; l < group; l++) {
      if (rows.taken[l]) wide_pass<V>(first + l * columns, columns, temperature, rows, l);
    }
    wide_finish<V>(first, columns, temperature, rows, sums, i);
    for (std::size_t l = 0; l < group; l++) {
      if (rows.taken[l]) continue;
      if (!uncertainty_row<V>(first + l * columns, columns, temperature, sums, i + l)) return i + l;
    }
  }
  return count;
}

}  // namespace svp::cpu

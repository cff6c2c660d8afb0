// Makes the kernels of svp/uncertainty.h from the lanes of one instruction set, V:
//
//   Singles: 8 float32       load(p), load_some(p, count, fill) with `fill` in the lanes that are left, fill, store,
//                            larger(a, b), smaller(a, b): b where a is NaN, or b everywhere where b is; minus_single,
//                            fused(a, b, c) = a·b + c, fused_minus(a, b, c) = a·b − c, rounded once
//                            at_power_single(p, t): p · 2^n, where the low bits of t hold n
//                            where_greater(a, b, x, y): x where a > b, else y
//                            where_lane(lane, a, b): that lane of a, the others of b
//                            largest_of(a), smallest_of(a), and first_lane(a, x): the first that equals x, or the last
//   Long: 8 or 16 float32 (kLanes), of which a pass over a long row takes kStep: Singles and, of the above, load,
//                            load_some, fill, store, larger, smaller, minus_single, fused, fused_minus, at_power_single
//                            fold_larger(a), fold_smaller(a): 8 lanes, each the larger or smaller of every eighth
//   Doubles: 8 float64       load_double, store_double, fill_double, widen(Singles), load_widened(p), narrow,
//                            plus, minus, times, over, larger_double, fused_double
//                            combine(a): the sum of the lanes, in the order of combine_lanes
//                            at_power(p, shifted): p · 2^n, where the low bits of `shifted` hold n
//                            split(x, g): x = 2^k · g with g in [√½, √2), x positive and normal; gives k
//                            where_negative(x, v): v where x < 0, else +0
//   in_memory(array): an array that was just stored is to be loaded, not kept in registers, where loading is cheaper
//   Nans:    a running "was there a NaN" flag: no_nans, note_nans, any
//   widen_half(from, count, to): binary16 to binary32
//
// Types come from anonymous namespaces of the kernel files, so nothing here is shared between instruction sets.
#pragma once

#include "cpu/committee_row.h"
#include "cpu/probabilities.h"
#include "cpu/uncertainty_measures.h"
#include "cpu/uncertainty_narrow.h"
#include "cpu/uncertainty_row.h"
#include "cpu/uncertainty_wide.h"

namespace svp::cpu {

template <typename V>
inline std::size_t uncertainty_sums(const float* rows, std::size_t count, std::size_t columns,
                                    const UncertaintyTemperature& temperature, UncertaintySums& sums) {
  if (columns < kNarrowColumns) return uncertainty_narrow<V>(rows, count, columns, temperature, sums);
  constexpr std::size_t kMostColumns = std::size_t{1} << 30;  // block numbers are float32 lanes there
  if (columns <= kMostColumns) {
    const std::size_t scored = uncertainty_wide<V>(rows, count, columns, temperature, sums);
    if (scored < count) return scored;
  } else {
    for (std::size_t i = 0; i < count; i++) {
      if (!uncertainty_row<V>(rows + i * columns, columns, temperature, sums, i)) return i;
    }
  }
  for (std::size_t i = count; i % 8 != 0; i++) {
    // uncertainty_measures takes eight at a time.
    sums.others[i] = sums.weighted[i] = sums.shift[i] = sums.gap[i] = 0;
  }
  return count;
}

template <typename V>
constexpr UncertaintyKernel make_uncertainty_kernel() {
  return {uncertainty_sums<V>, uncertainty_measures<V>, probability_rows<V>, committee_row<V>, V::widen_half};
}

const UncertaintyKernel& uncertainty_kernel_scalar();
const UncertaintyKernel& uncertainty_kernel_avx2();
const UncertaintyKernel& uncertainty_kernel_avx512();
const UncertaintyKernel& uncertainty_kernel_neon();

}  // namespace svp::cpu

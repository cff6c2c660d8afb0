// From sums to measures, eight rows at once.
#pragma once

#include "cpu/elementary.h"
#include "svp/uncertainty.h"

namespace svp::cpu {

template <typename V>
inline void uncertainty_measures(const UncertaintySums& sums, std::size_t count, float* entropy,
                                 float* least_confidence, float* margin) {
  using D = typename V::Doubles;
  const D one = V::fill_double(1);
  const D lowest = V::fill_double(-708.0);
  for (std::size_t i = 0; i < count; i += 8) {
    const D scale = exponential<V>(V::minus(V::fill_double(0), V::load_double(sums.shift + i)));
    const D others = V::times(V::load_double(sums.others + i), scale);
    const D total = V::plus(one, others);
    if (entropy != nullptr) {
      const D weighted = V::times(V::load_double(sums.weighted + i), scale);
      V::store(entropy + i, V::narrow(V::plus(logarithm_of_one_more<V>(others), V::over(weighted, total))));
    }
    if (least_confidence != nullptr) V::store(least_confidence + i, V::narrow(V::over(others, total)));
    if (margin != nullptr) {
      // exp(−708) stands for 0 where there is one class.
      const D second = exponential<V>(V::larger_double(V::load_double(sums.gap + i), lowest));
      V::store(margin + i, V::narrow(V::over(V::plus(others, second), total)));
    }
  }
}

}  // namespace svp::cpu

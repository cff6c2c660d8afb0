// What one row of logits z contributes to every uncertainty measure. With m the largest logit and e_i = exp(z_i − m):
//
//   p_i = e_i / s,  s = Σ e_i = 1 + others
//   entropy          = log(1 + others) + weighted / s
//   least confidence = 1 − p_1         = others / s
//   margin           = 1 − (p_1 − p_2) = (others + second) / s
//
// `others` leaves the largest logit out (it would add exactly 1), so all three are sums of terms that are not negative:
// nothing cancels, and the uncertainty of a very confident row keeps its relative accuracy.
#pragma once

#include <cstddef>

#include "svp/instruction_set.h"

namespace svp {

struct UncertaintySums {
  double others;    // Σ e_i over all but one occurrence of the largest logit
  double weighted;  // Σ (m − z_i) e_i
  double largest;   // m
  double runner_up; // the second largest logit, equal to m on a tie, −Inf where there is one class
  bool valid;       // false: NaN, +Inf or nothing but −Inf in the row; the other fields mean nothing
};

// The row is read from memory once (its second pass finds it in the cache). The same bits on every instruction set:
// 8 lanes, column k in lane k mod 8, float64, no fused multiply-add, one polynomial for exp.
using UncertaintyRow = UncertaintySums (*)(const float* row, std::size_t columns);
UncertaintyRow uncertainty_row(InstructionSet set);

}  // namespace svp

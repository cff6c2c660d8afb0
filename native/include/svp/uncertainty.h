// What a row of logits z contributes to every uncertainty measure. With temperature T, the largest logit m and
// e_i = exp((z_i − m)/T):
//
//   p_i = e_i / s,  s = Σ e_i = 1 + others
//   entropy          = log(1 + others) + weighted / s
//   least confidence = 1 − p_1         = others / s
//   margin           = 1 − (p_1 − p_2) = (others + second) / s
//
// `others` leaves the largest logit out (it would add exactly 1), so all three are sums of terms that are not
// negative: nothing cancels, and the uncertainty of a very confident row keeps its relative accuracy.
// docs/NUMERICS.md has the bound.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/instruction_set.h"

namespace svp {

// Rows that a kernel takes at once, so that logarithms and quotients are made for several rows in one instruction.
constexpr std::size_t kUncertaintyRows = 64;

// exp(z/T) as 2^(z·log2(e)/T), that factor in two float32 parts.
struct UncertaintyTemperature {
  explicit UncertaintyTemperature(double t)
      : inverse(1 / t),
        log2e(1.4426950408889634 / t),
        high(static_cast<float>(log2e)),
        low(static_cast<float>(log2e - static_cast<double>(high))) {}
  double inverse;
  double log2e;
  float high;
  float low;
};

// One value a row.
struct UncertaintySums {
  alignas(64) double others[kUncertaintyRows];    // exp(shift) · Σ e_i over all but one occurrence of the largest logit
  alignas(64) double weighted[kUncertaintyRows];  // exp(shift) · Σ (m − z_i)/T · e_i
  alignas(64) double shift[kUncertaintyRows];
  alignas(64) double gap[kUncertaintyRows];       // (second largest logit − m)/T, 0 on a tie, −Inf for one class
};

// One set of kernels an instruction set. All of them give the same bits: column k is summed in lane k mod 8, in
// ascending k, and every operation is one that IEEE 754 rounds correctly (additions, products, quotients, fused
// products).
struct UncertaintyKernel {
  // Sums of `count` rows, at most kUncertaintyRows, each read from memory once. Returns the first row that has none
  // (NaN, +Inf or nothing but −Inf), or `count`; what follows that row in `sums` means nothing.
  std::size_t (*sums)(const float* rows, std::size_t count, std::size_t columns,
                      const UncertaintyTemperature& temperature, UncertaintySums& sums);
  // The measures, rounded once to float32. Each output has room for kUncertaintyRows values; null leaves a measure out.
  void (*measures)(const UncertaintySums& sums, std::size_t count, float* entropy, float* least_confidence,
                   float* margin);
  // The measures of rows of probabilities as they are. Returns the first row that is not a distribution (a value that
  // is negative or NaN, or a sum further than kProbabilityTolerance from 1), or `count`.
  std::size_t (*probabilities)(const float* rows, std::size_t count, std::size_t columns, float* entropy,
                               float* least_confidence, float* margin);
  // One row of each member of a committee: the mean of KL(p_j ‖ p̄) into `divergence`, the largest logits into the
  // first of `scratch`, which holds 2 × members values. Returns the first member whose row has no probabilities, or
  // `members`.
  std::size_t (*committee)(const float* const* rows, std::size_t members, std::size_t columns,
                           double inverse_temperature, double* scratch, double& divergence);
  // binary16 to binary32, exactly.
  void (*widen_half)(const std::uint16_t* from, std::size_t count, float* to);
};

// How far the probabilities of a row may be from 1 together: a row that was rounded to float16 is off by up to 2^-11.
constexpr double kProbabilityTolerance = 1e-3;

const UncertaintyKernel& uncertainty_kernel(InstructionSet set);

}  // namespace svp

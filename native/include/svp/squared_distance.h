// D2(x, y): the one squared Euclidean distance of this package, the same bits everywhere.
//
//   float32 values widened to float64, element k added to accumulator k mod 8 in ascending k, no fused multiply-add,
//   combined as ((a0 + a4) + (a2 + a6)) + ((a1 + a5) + (a3 + a7)).
//
// Eight accumulators are two AVX2 registers or one AVX-512 register, and the combination is what adding the upper
// half to the lower half three times gives, so each instruction set computes this definition at full speed.
#pragma once

#include <cstddef>

#include "svp/instruction_set.h"

namespace svp {

// One pair of float32 rows of length d. x and y need no alignment.
using SquaredDistance = double (*)(const float* x, const float* y, std::size_t d);
SquaredDistance squared_distance(InstructionSet set);

// One row against four, all widened to float64 beforehand: out[j] = D2(x, y[j]). `padded` is d rounded up to a
// multiple of 8; the elements from d on must be 0 in all five rows (adding 0·0 leaves an accumulator as it is).
using SquaredDistance1x4 = void (*)(const double* x, const double* const y[4], std::size_t padded, double out[4]);
SquaredDistance1x4 squared_distance_1x4(InstructionSet set);

}  // namespace svp

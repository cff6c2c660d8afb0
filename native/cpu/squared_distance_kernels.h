// One kernel file per instruction set; squared_distance.cc picks among them.
#pragma once

#include <cstddef>

namespace svp::cpu {

#define SVP_SQUARED_DISTANCE_KERNELS(set)                                       \
  double squared_distance_##set(const float* x, const float* y, std::size_t d); \
  void squared_distance_1x4_##set(const double* x, const double* const y[4], std::size_t padded, double out[4]);

SVP_SQUARED_DISTANCE_KERNELS(scalar)
SVP_SQUARED_DISTANCE_KERNELS(avx2)
SVP_SQUARED_DISTANCE_KERNELS(avx512)
SVP_SQUARED_DISTANCE_KERNELS(neon)

#undef SVP_SQUARED_DISTANCE_KERNELS

}  // namespace svp::cpu

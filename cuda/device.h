// What kernels are written with. A CUDA compiler brings it all; for a host compiler, host/shim.h stands in.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define SVP_DEVICE __device__ __forceinline__

namespace svp::cuda {

// The shared memory that a launch asks for, 128-byte aligned.
SVP_DEVICE unsigned char* dynamic_shared() {
  extern __shared__ __align__(128) unsigned char svp_dynamic_shared[];
  return svp_dynamic_shared;
}

}  // namespace svp::cuda

#else

#include "host/shim.h"

#endif

namespace svp::cuda {

constexpr unsigned kWholeWarp = 0xffffffffu;
constexpr std::uint32_t kNone = 0xffffffffu;  // no row, no center: svp::kNoCenter

// The definition of D2 (docs/NUMERICS.md) by eight neighbouring lanes, `lane` 0 … 7 within them: lane j adds up the
// elements k with k mod 8 = j in ascending k, then the eight sums meet as ((a0+a4)+(a2+a6)) + ((a1+a5)+(a3+a7)). Every
// lane of the warp takes part (in groups of eight, each with its own pair) and has the result.
SVP_DEVICE double squared_distance_by_8(const float* x, const float* y, std::size_t columns, unsigned lane) {
  double sum = 0;
#pragma unroll 4
  for (std::size_t k = lane; k < columns; k += 8) {
    const double difference = __dsub_rn(static_cast<double>(x[k]), static_cast<double>(y[k]));
    sum = __dadd_rn(sum, __dmul_rn(difference, difference));
  }
  sum = __dadd_rn(sum, __shfl_xor_sync(kWholeWarp, sum, 4));
  sum = __dadd_rn(sum, __shfl_xor_sync(kWholeWarp, sum, 2));
  return __dadd_rn(sum, __shfl_xor_sync(kWholeWarp, sum, 1));
}

// Lowers *to to `value`; both are not negative, so their bits are ordered as they are. Returns what was there.
SVP_DEVICE double atomic_lower(double* to, double value) {
  const unsigned long long before = atomicMin(reinterpret_cast<unsigned long long*>(to),
                                              static_cast<unsigned long long>(__double_as_longlong(value)));
  return __longlong_as_double(static_cast<long long>(before));
}

}  // namespace svp::cuda

// Stands in for CUDA where the kernels are compiled for the host, so that their arithmetic can be tested without a
// device. A launch runs block after block; the threads of a block are fibers of one system thread, so that barriers and
// exchanges within a warp mean what they mean on a device. For tests only: it is thousands of times slower.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static thread_local
#define SVP_DEVICE inline

namespace svp::cuda::shim {

struct Index3 {
  unsigned x, y, z;
};

// Of the fiber that runs now.
const Index3& thread_index();
const Index3& block_index();
const Index3& block_size();
const Index3& grid_size();
unsigned lane();

unsigned char* dynamic_shared();
void synchronize_block();
void synchronize_warp();
// Puts `words` 32-bit words of this lane where its warp can see them, waits for the warp, and gives the whole table:
// lane l's words begin at l · kExchangeWords. The table holds until the next exchange but one.
constexpr int kExchangeWords = 8;
const std::uint32_t* exchange(const void* mine, int words);

// cp.async: the copy happens only when a wait asks for its group, as late as a device may do it.
void copy_later(void* shared, const void* global, bool valid);
void commit_copies();
void wait_copies(unsigned groups_left);

template <typename T>
T exchange_value(T value, unsigned from) {
  static_assert(sizeof(T) <= 8, "one or two words");
  std::uint32_t words[2] = {0, 0};
  std::memcpy(words, &value, sizeof(T));
  const std::uint32_t* all = exchange(words, 2);
  T out;
  std::memcpy(&out, all + from * kExchangeWords, sizeof(T));
  return out;
}

}  // namespace svp::cuda::shim

#define threadIdx (svp::cuda::shim::thread_index())
#define blockIdx (svp::cuda::shim::block_index())
#define blockDim (svp::cuda::shim::block_size())
#define gridDim (svp::cuda::shim::grid_size())

namespace svp::cuda {

using shim::dynamic_shared;

inline void __syncthreads() { shim::synchronize_block(); }
inline void __syncwarp() { shim::synchronize_warp(); }

template <typename T>
T __shfl_sync(unsigned, T value, int from) {
  return shim::exchange_value(value, static_cast<unsigned>(from) & 31u);
}
template <typename T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return shim::exchange_value(value, (shim::lane() ^ static_cast<unsigned>(mask)) & 31u);
}
template <typename T>
T __shfl_up_sync(unsigned, T value, unsigned by) {
  const unsigned lane = shim::lane();
  return shim::exchange_value(value, lane >= by ? lane - by : lane);
}

// This file is compiled with -ffp-contract=off: each is one rounding.
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dsub_rn(double a, double b) { return a - b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __dsqrt_rn(double a) { return std::sqrt(a); }
inline float __fmaf_rn(float a, float b, float c) { return std::fmaf(a, b, c); }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline float __double2float_ru(double a) {
  const float f = static_cast<float>(a);
  return static_cast<double>(f) < a ? std::nextafterf(f, HUGE_VALF) : f;
}
inline float __double2float_rd(double a) {
  const float f = static_cast<float>(a);
  return static_cast<double>(f) > a ? std::nextafterf(f, -HUGE_VALF) : f;
}

template <typename To, typename From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To to;
  std::memcpy(&to, &from, sizeof(to));
  return to;
}
inline long long __double_as_longlong(double a) { return bits_as<long long>(a); }
inline double __longlong_as_double(long long a) { return bits_as<double>(a); }
inline unsigned __float_as_uint(float a) { return bits_as<unsigned>(a); }
inline float __uint_as_float(unsigned a) { return bits_as<float>(a); }
inline int __popcll(unsigned long long a) { return __builtin_popcountll(a); }
inline int __ffsll(unsigned long long a) { return __builtin_ffsll(static_cast<long long>(a)); }

template <typename T>
T atomicAdd(T* to, T value) {
  const T before = *to;
  *to += value;
  return before;
}
template <typename T>
T atomicMin(T* to, T value) {
  const T before = *to;
  if (value < before) *to = value;
  return before;
}

}  // namespace svp::cuda

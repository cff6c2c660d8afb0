// launch(kernel, grid, block, shared bytes, stream, arguments …): what <<<…>>> does, in a form that a host compiler can
// read too. Arguments are converted to the kernel's parameter types here, and copied.
#pragma once

#include <cstddef>
#include <tuple>
#include <utility>

#include "runtime.h"

namespace svp::cuda {

template <typename... P>
struct KernelCall {
  template <std::size_t... I>
  static void pointers(std::tuple<P...>& values, void** out, std::index_sequence<I...>) {
    ((out[I] = &std::get<I>(values)), ...);
  }
#if !defined(__CUDACC__)
  template <std::size_t... I>
  static void call(const void* kernel, void** arguments, std::index_sequence<I...>) {
    reinterpret_cast<void (*)(P...)>(const_cast<void*>(kernel))(*static_cast<P*>(arguments[I])...);
  }
  static void invoke(const void* kernel, void** arguments) { call(kernel, arguments, std::index_sequence_for<P...>{}); }
#endif
};

template <typename... P, typename... A>
void launch(void (*kernel)(P...), Size3 grid, Size3 block, std::size_t shared_bytes, Stream stream, A&&... arguments) {
  std::tuple<P...> values(static_cast<P>(std::forward<A>(arguments))...);
  void* pointers[sizeof...(P) + 1];
  KernelCall<P...>::pointers(values, pointers, std::index_sequence_for<P...>{});
#if defined(__CUDACC__)
  void (*invoke)(const void*, void**) = nullptr;
#else
  void (*invoke)(const void*, void**) = KernelCall<P...>::invoke;
#endif
  launch_kernel(reinterpret_cast<const void*>(kernel), invoke, grid, block, shared_bytes, stream, pointers);
}

// Blocks of `threads` that cover `count`, at most `most` of them (the kernels stride over the rest).
inline Size3 blocks_for(std::size_t count, std::size_t threads, std::size_t most) {
  const std::size_t wanted = (count + threads - 1) / threads;
  return {static_cast<unsigned>(wanted < 1 ? 1 : wanted < most ? wanted : most), 1, 1};
}

}  // namespace svp::cuda

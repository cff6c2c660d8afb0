#include "product.h"

#include "dispatch.h"

namespace svp::cpu {

namespace {

#define SVP_PRODUCT_KERNEL(set, rows, columns) \
  {rows, columns, product_store_##set, product_filter_##set, product_project_##set, product_dot_##set}

constexpr ProductKernel kScalar = SVP_PRODUCT_KERNEL(scalar, 4, 16);
#if defined(__x86_64__)
constexpr ProductKernel kAvx2 = SVP_PRODUCT_KERNEL(avx2, 6, 16);
constexpr ProductKernel kAvx512 = SVP_PRODUCT_KERNEL(avx512, 12, 32);
constexpr Kernels<const ProductKernel*> kAll{&kScalar, &kAvx2, &kAvx512, nullptr};
#elif defined(__aarch64__)
constexpr ProductKernel kNeon = SVP_PRODUCT_KERNEL(neon, 6, 16);
constexpr Kernels<const ProductKernel*> kAll{&kScalar, nullptr, nullptr, &kNeon};
#else
constexpr Kernels<const ProductKernel*> kAll{&kScalar, nullptr, nullptr, nullptr};
#endif

#undef SVP_PRODUCT_KERNEL

}  // namespace

const ProductKernel& product_kernel(InstructionSet set) { return *dispatch(set, kAll); }

}  // namespace svp::cpu

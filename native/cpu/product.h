// The float32 product of this package, A·Bᵀ in register tiles. It is only ever a filter (or feeds one): decisions are
// taken by squared_distance. Rounding of one element: k fused (scalar: separate) multiply-adds in ascending k.
//
// Operands are packed. A panel of A holds `rows` rows as [k][rows]; a panel of B holds `columns` rows of B as
// [k][columns]; panels of B follow each other every `b_stride` floats. All packed memory is 64-byte aligned.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/instruction_set.h"

namespace svp::cpu {

// Row `row` of the A panel against panel `panel` of B: bit j of `mask` is set where column j survived.
struct ProductHit {
  std::uint32_t panel;
  std::uint16_t row;
  std::uint16_t unused;
  std::uint32_t mask;
};

struct ProductKernel {
  std::size_t rows;     // of a register tile
  std::size_t columns;  // of a register tile

  // c[r·c_row + p·c_panel + j] = (or +=, with accumulate) the product of row r and column j of panel p.
  void (*store)(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels, float* c,
                std::size_t c_row, std::size_t c_panel, bool accumulate);

  // Hits where product (+ partial) − (row_threshold[r] + column_threshold[p·columns + j]) is not negative. The minimum
  // that greedy k-centers keeps is fused here as its threshold: nothing is stored for a pair that cannot lower it.
  // partial: null, or sums of earlier k in the layout of store with c_row = columns, c_panel = rows·columns.
  // hits has room for rows × panels entries; returns how many were written.
  std::size_t (*filter)(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels,
                        const float* row_threshold, const float* column_threshold, const float* partial,
                        ProductHit* hits);

  // out[r·columns + j] = Σ_k x[4k + r]·axes[j][k] in float64, for four rows r at once. x: d × 4, interleaved. axes: panels
  // of eight columns, each [k][8]. columns is a multiple of 8. The order of a sum is free: its error bound is not less.
  void (*project)(const double* x, const double* axes, std::size_t d, std::size_t columns, double* out);

  // The product of two float32 rows of length p, a multiple of 8, in at least 8 accumulators.
  float (*dot)(const float* x, const float* y, std::size_t p);
};

const ProductKernel& product_kernel(InstructionSet set);

#define SVP_PRODUCT_KERNELS(set)                                                                                      \
  void product_store_##set(std::size_t k, const float* a, const float* b, std::size_t b_stride, std::size_t panels,   \
                           float* c, std::size_t c_row, std::size_t c_panel, bool accumulate);                        \
  std::size_t product_filter_##set(std::size_t k, const float* a, const float* b, std::size_t b_stride,               \
                                   std::size_t panels, const float* row_threshold, const float* column_threshold,     \
                                   const float* partial, ProductHit* hits);                                           \
  void product_project_##set(const double* x, const double* axes, std::size_t d, std::size_t columns, double* out);     \
  float product_dot_##set(const float* x, const float* y, std::size_t p);

SVP_PRODUCT_KERNELS(scalar)
SVP_PRODUCT_KERNELS(avx2)
SVP_PRODUCT_KERNELS(avx512)
SVP_PRODUCT_KERNELS(neon)

#undef SVP_PRODUCT_KERNELS

}  // namespace svp::cpu

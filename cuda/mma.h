// Tensor cores and asynchronous copies, as the kernels see them (sm_80 and newer). The filter's two element types differ
// in nothing but the instruction: a row of a fragment is 32 bytes, which are 16 bfloat16 or 8 TF32 values, and the
// fragments' layouts (PTX ISA, "Matrix multiply-accumulate") agree byte for byte.
#pragma once

#include "device.h"

namespace svp::cuda {

// What the rows of the filter are made of: bfloat16 (8 bits of significand) or TF32 (11 bits, in 32).
enum class FilterType { brain, tensor };

#if defined(__CUDACC__)

// Copies 16 bytes to shared memory without a register in between; zeros where not valid.
SVP_DEVICE void copy_16(void* shared, const void* global, bool valid) {
  const unsigned to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  const int bytes = valid ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to), "l"(global), "r"(bytes) : "memory");
}
SVP_DEVICE void commit_copies() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }
// Until at most `left` groups of this thread are under way.
template <int left>
SVP_DEVICE void wait_copies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(left) : "memory");
}

// Four 8 × 16-byte matrices: lane l's address is row l mod 8 of matrix l / 8; out[q] is the lane's word of matrix q,
// word l mod 4 of row l / 4.
SVP_DEVICE void load_matrices(unsigned out[4], const void* shared) {
  const unsigned from = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(from)
               : "memory");
}

// c (16 × 8, float32) += a (16 rows of 32 bytes) · b (8 rows of 32 bytes, transposed).
template <FilterType type>
SVP_DEVICE void multiply_add(float c[4], const unsigned a[4], const unsigned b[2]) {
  if constexpr (type == FilterType::brain) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};\n"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};\n"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}

#else

inline void copy_16(void* shared, const void* global, bool valid) { shim::copy_later(shared, global, valid); }
inline void commit_copies() { shim::commit_copies(); }
template <int left>
void wait_copies() {
  shim::wait_copies(left);
}

inline void load_matrices(unsigned out[4], const void* shared) {
  const std::uint32_t* all = shim::exchange(&shared, 2);
  const unsigned lane = shim::lane();
  for (unsigned q = 0; q < 4; q++) {
    const unsigned char* row;
    std::memcpy(&row, all + (q * 8 + lane / 4) * shim::kExchangeWords, sizeof(row));
    std::memcpy(&out[q], row + lane % 4 * 4, 4);
  }
}

// Each product added in ascending k, one rounding each: one of the orders that the bound covers.
template <FilterType type>
void multiply_add(float c[4], const unsigned a[4], const unsigned b[2]) {
  const unsigned mine[6] = {a[0], a[1], a[2], a[3], b[0], b[1]};
  const std::uint32_t* all = shim::exchange(mine, 6);
  const unsigned lane = shim::lane();
  // Word w (0 … 7) of row r of a: register (r ≥ 8) + 2·(w ≥ 4) of lane (r mod 8)·4 + w mod 4. b likewise.
  for (unsigned e = 0; e < 4; e++) {
    const unsigned row = lane / 4 + e / 2 * 8;
    const unsigned column = lane % 4 * 2 + e % 2;
    for (unsigned w = 0; w < 8; w++) {
      const unsigned x = all[(row % 8 * 4 + w % 4) * shim::kExchangeWords + row / 8 + w / 4 * 2];
      const unsigned y = all[(column * 4 + w % 4) * shim::kExchangeWords + 4 + w / 4];
      if (type == FilterType::brain) {
        c[e] += bits_as<float>(x << 16) * bits_as<float>(y << 16);
        c[e] += bits_as<float>(x & 0xffff0000u) * bits_as<float>(y & 0xffff0000u);
      } else {
        c[e] += bits_as<float>(x & 0xffffe000u) * bits_as<float>(y & 0xffffe000u);
      }
    }
  }
}

#endif

}  // namespace svp::cuda

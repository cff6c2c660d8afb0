// 256 bits of integers. Unpacking and packing work within halves of 128 bits.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace svp::cpu {

namespace {

struct Lanes {
  using V = __m256i;
  static constexpr std::size_t kBytes = 32;
  static V zero() { return _mm256_setzero_si256(); }
  static V all16(int a) { return _mm256_set1_epi16(static_cast<short>(a)); }
  static V all32(int a) { return _mm256_set1_epi32(a); }
  static V load(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
  static void store(void* p, V a) { _mm256_storeu_si256(static_cast<__m256i*>(p), a); }
  static V either(V a, V b) { return _mm256_or_si256(a, b); }
  static V add16(V a, V b) { return _mm256_add_epi16(a, b); }
  static V sub16(V a, V b) { return _mm256_sub_epi16(a, b); }
  static V add32(V a, V b) { return _mm256_add_epi32(a, b); }
  static V upper_product(V a, V b) { return _mm256_mulhi_epi16(a, b); }
  static V pair_products(V a, V b) { return _mm256_madd_epi16(a, b); }
  template <int n> static V left16(V a) { return _mm256_slli_epi16(a, n); }
  template <int n> static V right16(V a) { return _mm256_srli_epi16(a, n); }
  template <int n> static V signed_right16(V a) { return _mm256_srai_epi16(a, n); }
  template <int n> static V left32(V a) { return _mm256_slli_epi32(a, n); }
  template <int n> static V right32(V a) { return _mm256_srli_epi32(a, n); }
  template <int n> static V signed_right32(V a) { return _mm256_srai_epi32(a, n); }
  static V low_bytes(V a, V b) { return _mm256_unpacklo_epi8(a, b); }
  static V high_bytes(V a, V b) { return _mm256_unpackhi_epi8(a, b); }
  static V low_words(V a, V b) { return _mm256_unpacklo_epi16(a, b); }
  static V high_words(V a, V b) { return _mm256_unpackhi_epi16(a, b); }
  static V pack32(V a, V b) { return _mm256_packs_epi32(a, b); }
  static V pack_bytes(V a, V b) { return _mm256_packus_epi16(a, b); }
  // kBytes / 2 bytes as words, in order.
  static V words(const std::uint8_t* p) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  // Words clamped to bytes, in order.
  static void store_clamped(std::uint8_t* p, V a, V b) {
    store(p, _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xd8));
  }
};

}  // namespace

}  // namespace svp::cpu

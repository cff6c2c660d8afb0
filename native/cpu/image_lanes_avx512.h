// 512 bits of integers. Unpacking and packing work within quarters of 128 bits.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace svp::cpu {

namespace {

struct Lanes {
  using V = __m512i;
  static constexpr std::size_t kBytes = 64;
  static V zero() { return _mm512_setzero_si512(); }
  static V all16(int a) { return _mm512_set1_epi16(static_cast<short>(a)); }
  static V all32(int a) { return _mm512_set1_epi32(a); }
  static V load(const void* p) { return _mm512_loadu_si512(p); }
  static void store(void* p, V a) { _mm512_storeu_si512(p, a); }
  static V either(V a, V b) { return _mm512_or_si512(a, b); }
  static V add16(V a, V b) { return _mm512_add_epi16(a, b); }
  static V sub16(V a, V b) { return _mm512_sub_epi16(a, b); }
  static V add32(V a, V b) { return _mm512_add_epi32(a, b); }
  static V upper_product(V a, V b) { return _mm512_mulhi_epi16(a, b); }
  static V pair_products(V a, V b) { return _mm512_madd_epi16(a, b); }
  template <int n> static V left16(V a) { return _mm512_slli_epi16(a, n); }
  template <int n> static V right16(V a) { return _mm512_srli_epi16(a, n); }
  template <int n> static V signed_right16(V a) { return _mm512_srai_epi16(a, n); }
  template <int n> static V left32(V a) { return _mm512_slli_epi32(a, n); }
  template <int n> static V right32(V a) { return _mm512_srli_epi32(a, n); }
  template <int n> static V signed_right32(V a) { return _mm512_srai_epi32(a, n); }
  static V low_bytes(V a, V b) { return _mm512_unpacklo_epi8(a, b); }
  static V high_bytes(V a, V b) { return _mm512_unpackhi_epi8(a, b); }
  static V low_words(V a, V b) { return _mm512_unpacklo_epi16(a, b); }
  static V high_words(V a, V b) { return _mm512_unpackhi_epi16(a, b); }
  static V pack32(V a, V b) { return _mm512_packs_epi32(a, b); }
  static V pack_bytes(V a, V b) { return _mm512_packus_epi16(a, b); }
  // kBytes / 2 bytes as words, in order.
  static V words(const std::uint8_t* p) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  // Words clamped to bytes, in order.
  static void store_clamped(std::uint8_t* p, V a, V b) {
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    store(p, _mm512_permutexvar_epi64(order, _mm512_packus_epi16(a, b)));
  }
};

}  // namespace

}  // namespace svp::cpu

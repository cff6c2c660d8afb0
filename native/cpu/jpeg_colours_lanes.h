// Chroma doubling and YCbCr to RGB with 16-bit lanes: exactly the bytes of jpeg_colours.h. With Lanes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace svp::cpu {

namespace {

constexpr std::size_t kWords = Lanes::kBytes / 2;

inline Lanes::V three_times(Lanes::V v) { return Lanes::add16(Lanes::left16<1>(v), v); }

// Three quarters of each of `sums` and one of a neighbour, divided by 4 or 16 after kBefore or kAfter has been added.
template <int kBefore, int kAfter, int kShift>
inline void double_samples(std::size_t width, std::uint16_t* sums, std::uint8_t* out) {
  // Samples at the edges have themselves for a neighbour.
  sums[0] = sums[1];
  sums[width + 1] = sums[width];
  for (std::size_t x = 0; x < width; x += kWords) {
    const Lanes::V near = three_times(Lanes::load(sums + x + 1));
    const Lanes::V before = Lanes::add16(Lanes::add16(near, Lanes::load(sums + x)), Lanes::all16(kBefore));
    const Lanes::V after = Lanes::add16(Lanes::add16(near, Lanes::load(sums + x + 2)), Lanes::all16(kAfter));
    Lanes::store(out + 2 * x,
                 Lanes::either(Lanes::right16<kShift>(before), Lanes::left16<8>(Lanes::right16<kShift>(after))));
  }
}

void double_columns(const std::uint8_t* in, std::size_t width, std::uint16_t* sums, std::uint8_t* out) {
  for (std::size_t x = 0; x < width; x += kWords) Lanes::store(sums + x + 1, Lanes::words(in + x));
  double_samples<1, 2, 2>(width, sums, out);
}

void double_both(const std::uint8_t* near, const std::uint8_t* far, std::size_t width, std::uint16_t* sums,
                 std::uint8_t* out) {
  for (std::size_t x = 0; x < width; x += kWords) {
    Lanes::store(sums + x + 1, Lanes::add16(three_times(Lanes::words(near + x)), Lanes::words(far + x)));
  }
  double_samples<8, 7, 4>(width, sums, out);
}

// (c · v + 32768) >> 16 for |v| ≤ 128: the upper half of c · 2v, halved with rounding.
inline Lanes::V rounded_product(Lanes::V twice, int c) {
  return Lanes::signed_right16<1>(Lanes::add16(Lanes::upper_product(twice, Lanes::all16(c)), Lanes::all16(1)));
}

struct Colours {
  Lanes::V r, g, b;
};

// A word each, not clamped. Of the constants, whole multiples of 65536 are added apart: 91881 = 65536 + 26345,
// 116130 = 131072 − 14942, −46802 = −65536 + 18734.
inline Colours colours_of(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr) {
  const Lanes::V l = Lanes::words(y);
  const Lanes::V u = Lanes::sub16(Lanes::words(cb), Lanes::all16(128));
  const Lanes::V v = Lanes::sub16(Lanes::words(cr), Lanes::all16(128));
  const Lanes::V u2 = Lanes::add16(u, u), v2 = Lanes::add16(v, v);
  const Lanes::V both = Lanes::all32(static_cast<int>(18734u << 16 | (static_cast<unsigned>(-22554) & 0xffff)));
  const Lanes::V half = Lanes::all32(32768);
  const Lanes::V low = Lanes::add32(Lanes::pair_products(Lanes::low_words(u, v), both), half);
  const Lanes::V high = Lanes::add32(Lanes::pair_products(Lanes::high_words(u, v), both), half);
  const Lanes::V green = Lanes::pack32(Lanes::signed_right32<16>(low), Lanes::signed_right32<16>(high));
  return {Lanes::add16(Lanes::add16(l, v), rounded_product(v2, 26345)), Lanes::add16(Lanes::sub16(l, v), green),
          Lanes::add16(Lanes::add16(l, u2), rounded_product(u2, -14942))};
}

void to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t width,
            std::uint8_t* const out[3]) {
  std::uint8_t* r = out[0];
  std::uint8_t* g = out[1];
  std::uint8_t* b = out[2];
  for (std::size_t x = 0; x < width; x += Lanes::kBytes) {
    const Colours low = colours_of(y + x, cb + x, cr + x);
    const Colours high = colours_of(y + x + kWords, cb + x + kWords, cr + x + kWords);
    Lanes::store_clamped(r + x, low.r, high.r);
    Lanes::store_clamped(g + x, low.g, high.g);
    Lanes::store_clamped(b + x, low.b, high.b);
  }
}

}  // namespace

}  // namespace svp::cpu

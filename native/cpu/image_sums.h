// How bytes come out of weighted sums whose weights are in two parts (svp::RowWeights). With Lanes.
#pragma once

namespace svp::cpu {

namespace {

// Sums of lower products begin with it.
inline Lanes::V rounding_half() { return Lanes::all32(1 << 23); }

// The bytes, in lanes of 32 bits, of sums of upper and of lower products.
inline Lanes::V rounded_bytes(Lanes::V upper, Lanes::V lower) {
  return Lanes::right32<24>(Lanes::add32(Lanes::left32<13>(upper), lower));
}

}  // namespace

}  // namespace svp::cpu

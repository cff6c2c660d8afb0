// What the bytes of a scaled image become: values of a table, or bytes, channel by channel or pixel by pixel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace svp {

struct ImageValues {
  const float* table;   // channels × 256; null: bytes stay bytes
  float* values;        // with a table …
  std::uint8_t* bytes;  // … or without
  bool planes;          // channels first

  // `width` pixels of a row, whose channels lie `stride` apart, to pixel `at` of `pixels`.
  void write(const std::uint8_t* row, std::size_t stride, std::size_t width, std::size_t channels, std::size_t at,
             std::size_t pixels) const;
  // What bytes of zero become, everywhere.
  void fill_with_zero(std::size_t pixels, std::size_t channels) const;
};

}  // namespace svp

#include "core/image_values.h"

#include <cstring>

namespace svp {

namespace {

// Eight bytes a load: a load for each byte besides the one of its value would take the time of all.
inline void look_up(const std::uint8_t* in, std::size_t count, const float* table, std::size_t step, float* out) {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t bytes;
    std::memcpy(&bytes, in + i, 8);
    for (std::size_t k = 0; k < 8; k++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      out[(i + k) * step] = table[(bytes >> (8 * k)) & 255];
#else
      out[(i + k) * step] = table[(bytes >> (56 - 8 * k)) & 255];
#endif
    }
  }
  for (; i < count; i++) out[i * step] = table[in[i]];
}

}  // namespace

void ImageValues::write(const std::uint8_t* row, std::size_t stride, std::size_t width, std::size_t channels,
                        std::size_t at, std::size_t pixels) const {
  for (std::size_t c = 0; c < channels; c++) {
    const std::uint8_t* from = row + c * stride;
    const bool apart = !planes && channels > 1;
    const std::size_t to = apart ? at * channels + c : c * pixels + at;
    if (table == nullptr) {
      if (!apart) {
        std::memcpy(bytes + to, from, width);
      } else {
        for (std::size_t x = 0; x < width; x++) bytes[to + x * channels] = from[x];
      }
    } else if (!apart) {
      look_up(from, width, table + 256 * c, 1, values + to);
    } else {
      look_up(from, width, table + 256 * c, channels, values + to);
    }
  }
}

void ImageValues::fill_with_zero(std::size_t pixels, std::size_t channels) const {
  for (std::size_t i = 0; i < pixels * channels; i++) {
    if (table == nullptr) {
      bytes[i] = 0;
    } else {
      values[i] = table[256 * (planes ? i / pixels : i % channels)];
    }
  }
}

}  // namespace svp

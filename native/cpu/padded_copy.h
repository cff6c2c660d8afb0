// Some rows of an image with zeros where the rows and columns lie outside it.
#pragma once

#include <cstddef>
#include <cstring>

namespace svp::cpu {

// Rows [row, row + rows) and columns [column, column + columns) of an image of height × width pixels, of which the first
// `taken` floats each are copied (a pixel has `channels`), each to `room` ≥ taken floats; the rest is zeros. Negative rows and
// columns lie outside.
inline void padded_copy(const float* image, std::size_t height, std::size_t width, std::size_t channels, std::size_t taken,
                        std::ptrdiff_t row, std::size_t rows, std::ptrdiff_t column, std::size_t columns,
                        std::size_t room, float* out) {
  const std::ptrdiff_t h = static_cast<std::ptrdiff_t>(height);
  const std::ptrdiff_t w = static_cast<std::ptrdiff_t>(width);
  for (std::size_t r = 0; r < rows; r++, out += columns * room) {
    const std::ptrdiff_t y = row + static_cast<std::ptrdiff_t>(r);
    std::ptrdiff_t from = column < 0 ? -column : 0;
    std::ptrdiff_t to = w - column < static_cast<std::ptrdiff_t>(columns) ? w - column : static_cast<std::ptrdiff_t>(columns);
    if (y < 0 || y >= h || to <= from) {
      std::memset(out, 0, columns * room * sizeof(float));
      continue;
    }
    const float* in = image + (y * w + column + from) * static_cast<std::ptrdiff_t>(channels);
    const std::size_t f = static_cast<std::size_t>(from);
    const std::size_t t = static_cast<std::size_t>(to);
    if (f > 0) std::memset(out, 0, f * room * sizeof(float));
    if (t < columns) std::memset(out + t * room, 0, (columns - t) * room * sizeof(float));
    if (taken == channels && room == channels) {
      std::memcpy(out + f * room, in, (t - f) * room * sizeof(float));
    } else if (taken == 16 && room == 16) {  // the filter gradient's groups
      float* o = out + f * 16;
      for (std::size_t c = f; c < t; c++, in += channels, o += 16) std::memcpy(o, in, 16 * sizeof(float));
    } else {
      for (std::size_t c = f; c < t; c++, in += channels) {
        std::memcpy(out + c * room, in, taken * sizeof(float));
        if (room > taken) std::memset(out + c * room + taken, 0, (room - taken) * sizeof(float));
      }
    }
  }
}

}  // namespace svp::cpu

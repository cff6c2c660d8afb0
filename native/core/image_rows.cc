#include "core/image_rows.h"

#include <cstring>

#include "svp/image_kernels.h"

namespace svp {

void PixelRows::open(const std::uint8_t* data, std::size_t width, std::size_t channels, const ImageWindow& window) {
  data_ = data;
  width_ = width;
  window_ = window;
  planes_.resize(channels * (window.right - window.left + kImageSlack));
}

void PixelRows::row(std::size_t y, std::size_t channels, const std::uint8_t* planes[3]) {
  const std::size_t count = window_.right - window_.left;
  const std::uint8_t* from = data_ + (y * width_ + window_.left) * channels;
  std::uint8_t* to = planes_.data();
  const std::size_t stride = count + kImageSlack;
  for (std::size_t c = 0; c < channels; c++) planes[c] = to + c * stride;
  if (channels == 1) {
    std::memcpy(to, from, count);
    return;
  }
  for (std::size_t x = 0; x < count; x++) {
    for (int c = 0; c < 3; c++) to[c * stride + x] = from[3 * x + c];
  }
}

}  // namespace svp

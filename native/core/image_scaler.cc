#include "core/image_scaler.h"

#include <algorithm>

#include "svp/error.h"

namespace svp {

ImageWindow ImageScaler::begin(std::size_t width, std::size_t height, const ImageCrop& crop) {
  const bool inside = crop.width > 0 && crop.height > 0 && crop.left + crop.width <= width &&
                      crop.top + crop.height <= height && crop.scaled_width > 0 && crop.scaled_height > 0;
  if (!inside) throw Error(ErrorCode::shape, "The crop lies outside the image.");
  crop_ = crop;
  auto covered = [](std::int64_t from, std::size_t length, std::size_t scaled, std::size_t* begin, std::size_t* count) {
    const std::int64_t first = std::max<std::int64_t>(0, from);
    const std::int64_t end = std::min(static_cast<std::int64_t>(scaled), from + static_cast<std::int64_t>(length));
    *begin = static_cast<std::size_t>(first);
    *count = static_cast<std::size_t>(std::max<std::int64_t>(0, end - first));
  };
  covered(crop.window_left, crop.window_width, crop.scaled_width, &left_, &width_);
  covered(crop.window_top, crop.window_height, crop.scaled_height, &top_, &height_);
  if (width_ == 0 || height_ == 0) {
    width_ = height_ = 0;
    return reach_ = {crop.left, crop.top, crop.left + 1, crop.top + 1};
  }
  const ImageWeights& across = kept_across_.of({crop.width, crop.scaled_width, left_, width_, crop.flip});
  const ImageWeights& down = kept_down_.of({crop.height, crop.scaled_height, top_, height_, false});
  across_ = across.rows();
  down_ = down.rows();
  return reach_ = {crop.left + across.begin(), crop.top + down.begin(), crop.left + across.end(),
                   crop.top + down.end()};
}

void ImageScaler::scale_source_row(ImageRows& source, std::size_t y, std::size_t channels,
                                   const ImageKernels& kernels) {
  const std::uint8_t* planes[3];
  source.row(reach_.top + y, channels, planes);
  kernels.scale_rows(planes, channels, across_, scaled_.data() + y % ring_ * row_, stride_);
}

void ImageScaler::scale(ImageRows& source, std::size_t channels, const ImageKernels& kernels,
                        const ImageValues& values) {
  const std::size_t window_width = crop_.window_width, window_height = crop_.window_height;
  if (width_ < window_width || height_ < window_height) values.fill_with_zero(window_width * window_height, channels);
  if (width_ == 0) return;
  stride_ = (width_ + 15) / 16 * 16;
  row_ = stride_ * channels + kImageSlack;
  ring_ = down_.most;
  scaled_.resize(ring_ * row_);
  line_.resize(row_);
  rows_.resize(ring_);
  const std::size_t from_left = static_cast<std::size_t>(static_cast<std::int64_t>(left_) - crop_.window_left);
  const std::size_t from_top = static_cast<std::size_t>(static_cast<std::int64_t>(top_) - crop_.window_top);
  const std::size_t column = crop_.flip ? window_width - from_left - width_ : from_left;
  std::size_t next = 0;
  for (std::size_t y = 0; y < height_; y++) {
    const std::size_t first = static_cast<std::size_t>(down_.first[y]);
    const std::size_t count = static_cast<std::size_t>(down_.count[y]);
    for (next = std::max(next, first); next < first + count; next++) scale_source_row(source, next, channels, kernels);
    for (std::size_t k = 0; k < count; k++) rows_[k] = scaled_.data() + (first + k) % ring_ * row_;
    kernels.scale_column(rows_.data(), down_.values + y * down_.taps, count, stride_ * channels, line_.data());
    values.write(line_.data(), stride_, width_, channels, (from_top + y) * window_width + column,
                 window_width * window_height);
  }
}

}  // namespace svp

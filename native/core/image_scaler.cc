#include "core/image_scaler.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "svp/error.h"

namespace svp {

namespace {

constexpr int kPrecision = 22;
constexpr std::size_t kKept = 16;

}  // namespace

const ImageScaler::Weights& ImageScaler::weights(Kept& kept, std::size_t size, std::size_t scaled, std::size_t from,
                                                 std::size_t length) {
  for (const Weights& w : kept.weights) {
    if (w.size == size && w.scaled == scaled && w.from == from && w.length == length) return w;
  }
  const bool room = kept.weights.size() < kKept;
  if (room) kept.weights.emplace_back();
  Weights& w = room ? kept.weights.back() : kept.weights[kept.oldest++ % kKept];
  w.size = size;
  w.scaled = scaled;
  w.from = from;
  w.length = length;
  w.most = 0;
  const double scale = static_cast<double>(size) / static_cast<double>(scaled);
  const double support = std::max(scale, 1.0);
  w.taps = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  w.first.resize(length);
  w.count.resize(length);
  w.values.assign(length * w.taps, 0);
  const double inverse = 1 / support;
  std::vector<double> row(w.taps);
  for (std::size_t i = 0; i < length; i++) {
    const double center = (static_cast<double>(from + i) + 0.5) * scale;
    const std::int64_t first = std::max<std::int64_t>(0, static_cast<std::int64_t>(center - support + 0.5));
    const std::int64_t end =
        std::min<std::int64_t>(static_cast<std::int64_t>(size), static_cast<std::int64_t>(center + support + 0.5));
    double sum = 0;
    for (std::int64_t x = first; x < end; x++) {
      const double distance = std::fabs((static_cast<double>(x) - center + 0.5) * inverse);
      row[x - first] = distance < 1 ? 1 - distance : 0;
      sum += row[x - first];
    }
    for (std::int64_t x = 0; x < end - first; x++) {
      const double weight = sum == 0 ? row[x] : row[x] / sum;
      w.values[i * w.taps + x] = static_cast<std::int32_t>(0.5 + weight * (1 << kPrecision));
    }
    w.first[i] = static_cast<std::int32_t>(first);
    w.count[i] = static_cast<std::int32_t>(end - first);
    w.most = std::max(w.most, static_cast<std::size_t>(end - first));
  }
  return w;
}

const std::uint8_t* ImageScaler::scale(const ImageView& image, const ImageCrop& crop, const ImageKernels& kernels) {
  const std::size_t channels = image.channels;
  const bool inside = crop.width > 0 && crop.height > 0 && crop.left + crop.width <= image.width &&
                      crop.top + crop.height <= image.height && crop.scaled_width > 0 && crop.scaled_height > 0;
  if (!inside) throw Error(ErrorCode::shape, "The crop lies outside the image.");
  out_.resize(crop.window_width * crop.window_height * channels);
  // The part of the window that the scaled image covers.
  const std::int64_t left = std::max<std::int64_t>(0, crop.window_left);
  const std::int64_t top = std::max<std::int64_t>(0, crop.window_top);
  const std::int64_t width = std::min<std::int64_t>(static_cast<std::int64_t>(crop.scaled_width),
                                                    crop.window_left + static_cast<std::int64_t>(crop.window_width)) - left;
  const std::int64_t height = std::min<std::int64_t>(static_cast<std::int64_t>(crop.scaled_height),
                                                     crop.window_top + static_cast<std::int64_t>(crop.window_height)) - top;
  if (width < static_cast<std::int64_t>(crop.window_width) || height < static_cast<std::int64_t>(crop.window_height)) {
    std::fill(out_.begin(), out_.end(), std::uint8_t{0});
  }
  if (width <= 0 || height <= 0) return out_.data();
  const Weights& down = weights(down_, crop.height, crop.scaled_height, top, height);
  const std::size_t first_row = down.first[0];
  const std::size_t rows = down.first[height - 1] + down.count[height - 1] - first_row;
  const std::size_t length = static_cast<std::size_t>(width) * channels;
  between_.resize(rows * length);
  const std::uint8_t* end = image.data + image.width * image.height * channels;
  const bool same = crop.scaled_width == crop.width;
  const Weights* across = same ? nullptr : &weights(across_, crop.width, crop.scaled_width, left, width);
  for (std::size_t y = 0; y < rows; y++) {
    const std::uint8_t* from = image.data + ((crop.top + first_row + y) * image.width + crop.left) * channels;
    std::uint8_t* to = between_.data() + y * length;
    if (same) {
      std::memcpy(to, from + left * channels, length);
    } else {
      kernels.scale_row(from, end, across->first.data(), across->count.data(), across->values.data(), across->taps,
                        across->most, width, channels, to);
    }
  }
  for (std::int64_t y = 0; y < height; y++) {
    const std::size_t at = (top - crop.window_top + y) * crop.window_width + (left - crop.window_left);
    kernels.scale_column(between_.data() + (down.first[y] - first_row) * length, down.values.data() + y * down.taps,
                         down.count[y], length, out_.data() + at * channels);
  }
  if (crop.flip) {
    for (std::size_t y = 0; y < crop.window_height; y++) {
      std::uint8_t* row = out_.data() + y * crop.window_width * channels;
      for (std::size_t a = 0, b = crop.window_width - 1; a < b; a++, b--) {
        for (std::size_t c = 0; c < channels; c++) std::swap(row[a * channels + c], row[b * channels + c]);
      }
    }
  }
  return out_.data();
}

}  // namespace svp

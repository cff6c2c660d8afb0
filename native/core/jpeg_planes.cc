#include "core/jpeg_planes.h"

#include <algorithm>

namespace svp {

namespace {

// MCUs of `size` pixels that hold pixels `from` … `end` − 1; where chroma is doubled, one sample more on each side, as
// far as there are any.
void mcus_of(std::size_t from, std::size_t end, int sampling, std::size_t chroma, std::size_t* first,
             std::size_t* last) {
  if (sampling == 1) {
    *first = from / 8;
    *last = (end - 1) / 8 + 1;
    return;
  }
  *first = (std::max<std::size_t>(from / 2, 1) - 1) / 8;
  *last = std::min((end - 1) / 2 + 1, chroma - 1) / 8 + 1;
}

}  // namespace

void JpegPlanes::begin(const JpegFile& file, const ImageKernels& kernels, const ImageWindow& window) {
  kernels_ = kernels;
  window_ = window;
  components_ = file.components;
  h_ = file.h;
  v_ = file.v;
  rgb_ = false;
  const JpegComponent& last = file.component[file.components - 1];
  mcus_of(window.left, window.right, h_, last.width, &mcus_.left, &mcus_.right);
  mcus_of(window.top, window.bottom, v_, last.height, &mcus_.top, &mcus_.bottom);
  for (int i = 0; i < components_; i++) {
    const JpegComponent& c = file.component[i];
    Plane& plane = plane_[i];
    plane.first_row = mcus_.top * c.v;
    plane.first_column = mcus_.left * c.h;
    plane.stride = (mcus_.right - mcus_.left) * c.h * 8;
    plane.width = c.width;
    plane.height = c.height;
    plane.samples.resize((mcus_.bottom - mcus_.top) * c.v * 8 * plane.stride + kImageSlack);
  }
  const std::size_t width = (mcus_.right - mcus_.left) * h_ * 8 + kImageSlack;
  colours_.resize(3 * width);
  if (h_ == 2) {
    blue_.resize(width);
    red_.resize(width);
    sums_.resize(width / 2 + 2 + kImageSlack);
  }
}

std::uint8_t* JpegPlanes::block(int component, std::size_t row, std::size_t column) {
  Plane& plane = plane_[component];
  return plane.samples.data() + (row - plane.first_row) * 8 * plane.stride + (column - plane.first_column) * 8;
}

// Row y of a plane, which has all columns of the MCUs.
const std::uint8_t* JpegPlanes::full_row(const Plane& plane, std::size_t y) const {
  return plane.samples.data() + (y - plane.first_row * 8) * plane.stride;
}

// The same, made twice as wide. At the window's edges, but not the image's, the outermost sample is wrong for want of a
// neighbour; it lies in the margin.
const std::uint8_t* JpegPlanes::doubled_row(const Plane& plane, std::size_t y, std::vector<std::uint8_t>& line) {
  const std::size_t width = std::min(plane.stride, plane.width - plane.first_column * 8);
  if (v_ == 1) {
    kernels_.double_columns(full_row(plane, y), width, sums_.data(), line.data());
    return line.data();
  }
  const std::size_t near = y / 2;
  // The row above for the upper of two rows, the one below for the lower; at the edges the row itself.
  const std::size_t far = y % 2 == 0 ? std::max<std::size_t>(near, 1) - 1 : std::min(near + 1, plane.height - 1);
  kernels_.double_both(full_row(plane, near), full_row(plane, far), width, sums_.data(), line.data());
  return line.data();
}

void JpegPlanes::row(std::size_t y, std::size_t channels, const std::uint8_t* planes[3]) {
  const std::size_t from = window_.left - mcus_.left * h_ * 8;
  const std::size_t count = window_.right - window_.left;
  const std::uint8_t* row[3];
  row[0] = full_row(plane_[0], y) + from;
  if (components_ == 1) {
    for (std::size_t c = 0; c < channels; c++) planes[c] = row[0];
    return;
  }
  for (int i = 1; i < 3; i++) {
    row[i] = (h_ == 1 ? full_row(plane_[i], y) : doubled_row(plane_[i], y, i == 1 ? blue_ : red_)) + from;
  }
  const std::size_t stride = colours_.size() / 3;
  std::uint8_t* const colours[3] = {colours_.data(), colours_.data() + stride, colours_.data() + 2 * stride};
  if (!rgb_) {
    kernels_.to_rgb(row[0], row[1], row[2], count, colours);
    for (int c = 0; c < 3; c++) row[c] = colours[c];
  }
  if (channels == 3) {
    for (int c = 0; c < 3; c++) planes[c] = row[c];
    return;
  }
  for (std::size_t x = 0; x < count; x++) {
    const int luma = row[0][x] * 19595 + row[1][x] * 38470 + row[2][x] * 7471;
    colours[0][x] = static_cast<std::uint8_t>((luma + 0x8000) >> 16);
  }
  planes[0] = colours[0];
}

}  // namespace svp

// Where the rows of an image come from, one plane of bytes a channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace svp {

// Part of an image, in pixels; right and bottom are the first ones outside.
struct ImageWindow {
  std::size_t left, top, right, bottom;
};

class ImageRows {
 public:
  virtual ~ImageRows() = default;
  // Row y of the image from the window's left column on, a plane for each of `channels` (1 or 3); kImageSlack bytes
  // more can be read. Valid until the next call.
  virtual void row(std::size_t y, std::size_t channels, const std::uint8_t* planes[3]) = 0;
};

// An image in memory: height × width × channels bytes.
class PixelRows : public ImageRows {
 public:
  // Keeps its memory from image to image.
  void open(const std::uint8_t* data, std::size_t width, std::size_t channels, const ImageWindow& window);
  void row(std::size_t y, std::size_t channels, const std::uint8_t* planes[3]) override;

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t width_ = 0;
  ImageWindow window_ = {};
  std::vector<std::uint8_t> planes_;
};

}  // namespace svp

// The samples of a JPEG file's components, as far as a window of the image needs them, and the rows of colours they
// make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image_rows.h"
#include "core/jpeg_file.h"
#include "svp/image_kernels.h"

namespace svp {

// Keeps its memory from image to image. Memory: 1 to 3 bytes a pixel of the window.
class JpegPlanes : public ImageRows {
 public:
  // `file`'s frame header has been read.
  void begin(const JpegFile& file, const ImageKernels& kernels, const ImageWindow& window);
  // The MCUs whose blocks are needed.
  const ImageWindow& mcus() const { return mcus_; }
  // Where a block of them goes, by its place in the whole image, and how far apart its rows lie.
  std::uint8_t* block(int component, std::size_t row, std::size_t column);
  std::size_t stride(int component) const { return plane_[component].stride; }
  // The three components are red, green and blue.
  void set_rgb(bool rgb) { rgb_ = rgb; }

  // Channels: 3, or 1: of colours ITU-R 601-2 luma, as Pillow's.
  void row(std::size_t y, std::size_t channels, const std::uint8_t* planes[3]) override;

 private:
  struct Plane {
    std::vector<std::uint8_t> samples;
    std::size_t stride = 0;
    std::size_t first_row = 0, first_column = 0;  // blocks
    std::size_t width = 0, height = 0;            // of the whole image, in samples
  };

  const std::uint8_t* full_row(const Plane& plane, std::size_t y) const;
  const std::uint8_t* doubled_row(const Plane& plane, std::size_t y, std::vector<std::uint8_t>& line);

  ImageKernels kernels_ = {};
  ImageWindow window_ = {}, mcus_ = {};
  int components_ = 0, h_ = 1, v_ = 1;
  bool rgb_ = false;
  Plane plane_[3];
  std::vector<std::uint8_t> blue_, red_, colours_;
  std::vector<std::uint16_t> sums_;
};

}  // namespace svp

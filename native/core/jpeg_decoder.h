// Decodes plain JPEG files (jpeg_file.h) to the bytes that libjpeg gives by default: slow integer cosine transform,
// triangle filter for chroma. Whatever is not plain or not whole is refused, for a decoder that knows how to report or
// mend it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/jpeg_file.h"
#include "core/jpeg_planes.h"
#include "svp/image_kernels.h"

namespace svp {

// Keeps its memory from image to image; one per thread. Memory: the file's size and 1 to 3 bytes a pixel of the window,
// with progressive files 2 to 6 more a pixel of the image.
class JpegDecoder {
 public:
  // Width and height of a plain JPEG file. O(headers).
  bool size(const std::uint8_t* bytes, std::size_t length, std::size_t* width, std::size_t* height);
  // Reads all of a file and keeps what rows() of a window need, which lies in the image. False: refused.
  bool decode(const std::uint8_t* bytes, std::size_t length, const ImageKernels& kernels, const ImageWindow& window);
  // The window's rows, until the next file.
  ImageRows& rows() { return planes_; }

 private:
  bool baseline(JpegFile& file, const JpegScan& scan, const std::uint8_t** after);
  bool progressive(JpegFile& file, const JpegScan& scan, const std::uint8_t** after);
  bool transform_kept(const JpegFile& file);
  void transform(const std::int16_t* coefficients, const std::uint16_t* quantizers, bool mean_only, std::uint8_t* to,
                 std::size_t stride);

  ImageKernels kernels_ = {};
  JpegTables codes_;
  std::vector<std::uint8_t> stretch_;
  JpegPlanes planes_;
  std::vector<std::int16_t> coefficients_[3];
  std::vector<std::uint64_t> set_[3];  // of each block, which of them are not zero
  std::int8_t bits_[3][64];  // what is known of each coefficient: its lowest bit; −1: nothing
};

}  // namespace svp

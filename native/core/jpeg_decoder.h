// Decodes plain JPEG files (jpeg_file.h) to the bytes that libjpeg gives by default: slow integer cosine transform, triangle
// filter for chroma. Whatever is not plain or not whole is refused, for a decoder that knows how to report or mend it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/jpeg_file.h"
#include "svp/image_kernels.h"

namespace svp {

// Keeps its memory from image to image; one per thread. Memory: the file's size and 1 to 3 bytes a pixel, with progressive
// files 3 to 9.
class JpegDecoder {
 public:
  // Width and height of a plain JPEG file. O(headers).
  bool size(const std::uint8_t* bytes, std::size_t length, std::size_t* width, std::size_t* height);
  // height × width × channels bytes, channels 1 (ITU-R 601-2 luma of the colours, as Pillow's) or 3. False: refused, and `out`
  // holds anything.
  bool decode(const std::uint8_t* bytes, std::size_t length, const ImageKernels& kernels, std::size_t channels,
              std::uint8_t* out);

 private:
  bool baseline(JpegFile& file, const JpegScan& scan, const std::uint8_t** after);
  bool progressive(JpegFile& file, const JpegScan& scan, const std::uint8_t** after);
  void transform(const std::int16_t* coefficients, const std::uint16_t* quantizers, bool mean_only, std::uint8_t* to,
                 std::size_t stride);
  void transform_all(const JpegFile& file, int component);
  void colour_row(const JpegFile& file, std::size_t y, std::uint8_t* out);
  void write(const JpegFile& file, std::size_t channels, std::uint8_t* out);
  std::uint8_t* plane_block(const JpegFile& file, int component, std::size_t row, std::size_t column);

  const ImageKernels* kernels_ = nullptr;
  JpegTables codes_;
  std::vector<std::uint8_t> stretch_;
  std::vector<std::uint8_t> planes_[3];
  std::vector<std::int16_t> coefficients_[3];
  std::int8_t bits_[3][64];  // what is known of each coefficient: its lowest bit; −1: nothing
  std::vector<std::uint8_t> blue_, red_, line_;
  std::vector<std::int16_t> sums_;
};

}  // namespace svp

// Scales part of an image bilinearly with antialiasing and keeps a window of the result: torchvision's Resize and
// CenterCrop over Pillow, to the bit where proportions are kept. The statement in TypeScript is
// src/data/images/resample.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/image_rows.h"
#include "core/image_values.h"
#include "core/image_weights.h"
#include "svp/image_kernels.h"

namespace svp {

// The part of the source that is scaled, the size it is scaled to, and the part of the result that is kept, which may
// lie outside in part: zeros stand there.
struct ImageCrop {
  std::size_t left, top, width, height;
  std::size_t scaled_width, scaled_height;
  std::int64_t window_left, window_top;
  std::size_t window_width, window_height;
  bool flip;
};

// Keeps its memory from image to image; one per thread. Memory: some scaled rows and their weights.
class ImageScaler {
 public:
  // Begins an image of width × height; what it returns is the part of it that counts, at least a pixel. Throws
  // Error(shape) for a crop outside of it.
  ImageWindow begin(std::size_t width, std::size_t height, const ImageCrop& crop);
  // Scales the rows of that part and writes the result, window_height × window_width × channels (1 or 3) values.
  void scale(ImageRows& source, std::size_t channels, const ImageKernels& kernels, const ImageValues& values);

 private:
  void scale_source_row(ImageRows& source, std::size_t y, std::size_t channels, const ImageKernels& kernels);

  ImageCrop crop_ = {};
  // The part of the scaled image that lies in the window: where it begins in both, and its size.
  std::size_t left_ = 0, top_ = 0, width_ = 0, height_ = 0;
  ImageWindow reach_ = {};
  KeptWeights kept_across_, kept_down_;
  RowWeights across_ = {}, down_ = {};
  // The source rows met last, scaled: row y is the (y mod ring)th, `row_` bytes each, its planes `stride_` apart.
  std::size_t ring_ = 0, row_ = 0, stride_ = 0;
  std::vector<std::uint8_t> scaled_, line_;
  std::vector<const std::uint8_t*> rows_;
};

}  // namespace svp

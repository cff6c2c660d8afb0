// Scales part of an image bilinearly with antialiasing and keeps a window of the result: torchvision's Resize and CenterCrop over
// Pillow, to the bit where proportions are kept. The statement in TypeScript is src/data/images/resample.ts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "svp/image_kernels.h"

namespace svp {

struct ImageView {
  const std::uint8_t* data;  // height × width × channels
  std::size_t width, height, channels;
};

// The part of the source that is scaled, the size it is scaled to, and the part of the result that is kept, which may lie
// outside in part: zeros stand there.
struct ImageCrop {
  std::size_t left, top, width, height;
  std::size_t scaled_width, scaled_height;
  std::int64_t window_left, window_top;
  std::size_t window_width, window_height;
  bool flip;
};

// Keeps its memory from image to image; one per thread. Memory: source rows in reach × window width × channels.
class ImageScaler {
 public:
  // window_height × window_width × channels bytes, valid until the next call. Throws Error(shape) for a crop outside the image.
  const std::uint8_t* scale(const ImageView& image, const ImageCrop& crop, const ImageKernels& kernels);

 private:
  struct Weights {
    std::size_t size = 0, scaled = 0, from = 0, length = 0;  // what they are for
    std::size_t taps = 0, most = 0;
    std::vector<std::int32_t> first, count, values;
  };

  // Images of a folder are often of a few sizes. One list a direction: a reference stays valid while the other is asked.
  struct Kept {
    std::vector<Weights> weights;
    std::size_t oldest = 0;
  };

  static const Weights& weights(Kept& kept, std::size_t size, std::size_t scaled, std::size_t from, std::size_t length);

  Kept across_, down_;
  std::vector<std::uint8_t> between_, out_, row_;
};

}  // namespace svp

// Weights of a triangle filter whose width grows with the reduction ("antialias"), the arithmetic of Pillow's resize.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "svp/image_kernels.h"

namespace svp {

// What weights are for: positions `from` … `from + length − 1` of `scaled`, made of `size`; the last one first where
// mirrored.
struct ImageAxis {
  std::size_t size, scaled, from, length;
  bool mirrored;

  bool operator==(const ImageAxis& o) const {
    return size == o.size && scaled == o.scaled && from == o.from && length == o.length && mirrored == o.mirrored;
  }
};

class ImageWeights {
 public:
  explicit ImageWeights(const ImageAxis& axis);

  const ImageAxis& axis() const { return axis_; }
  // Source positions in reach: `begin` … `end` − 1. Those of `rows` count from `begin`.
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  // Valid while this lives where it is.
  RowWeights rows() const;

 private:
  void compute();
  void pair_up();
  void run_up();

  ImageAxis axis_;
  std::size_t taps_ = 0, most_ = 0, begin_ = 0, end_ = 0;
  std::vector<std::int32_t> first_, count_, values_;
  std::size_t blocks_ = 0, pairs_ = 0, run_ = 0;
  std::vector<std::int32_t> group_first_;
  std::vector<std::uint8_t> places_;
  std::vector<std::int16_t> split_;
};

// Images of a folder are often of a few sizes: the weights used last are kept.
class KeptWeights {
 public:
  // Valid until the next call.
  const ImageWeights& of(const ImageAxis& axis);

 private:
  std::vector<ImageWeights> kept_;
  std::size_t oldest_ = 0;
};

}  // namespace svp

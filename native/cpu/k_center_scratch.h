// What one thread needs to bring a block of points up to date.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/aligned.h"
#include "cpu/k_center_update.h"
#include "cpu/product.h"

namespace svp::cpu {

// Points that one thread brings up to date together; multiples of every tile's rows. The more there are, the more often
// a center's row is used while it is in cache; but a dense block of long rows must itself stay there.
constexpr std::size_t kBlockPoints = 384;
constexpr std::size_t kDensePoints = 96;

struct Candidate {
  float key;  // z_i·z_c − column threshold: the larger, the nearer
  std::uint32_t center;
};

// A pair that survived the product: point of the block, place of the center in its chunk.
struct Survivor {
  std::uint32_t point;
  std::uint32_t place;
};

struct KCenterUpdate::Scratch {
  Aligned<float> a;
  Aligned<float> partial;
  std::vector<float> z;
  std::vector<float> point_z;  // the longest z of the block's points, together
  std::vector<float> point_row;
  std::vector<float> center_row;
  std::vector<ProductHit> hits;
  float thresholds[kBlockPoints];
  float refined_thresholds[kBlockPoints];
  float nearest_key[kBlockPoints];  // the best key decided so far
  std::vector<Candidate> candidates[kBlockPoints];
  std::vector<Survivor> survivors;
  std::vector<std::uint32_t> decide_now;
  std::uint64_t product = 0;
  std::uint64_t refined = 0;
  std::uint64_t exact = 0;
};

}  // namespace svp::cpu

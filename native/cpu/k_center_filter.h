// The filter of greedy k-centers on this processor: rows mapped to z (svp/k_center_bound.h), at several lengths.
//
// Projected: z holds the first p − 1 principal components and, last, the length of the rest. A short z already tells
// most pairs of a trained network's features apart, at p/d of the cost. Dense: z is the centered row itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "svp/k_center_bound.h"
#include "cpu/aligned.h"
#include "cpu/product.h"
#include "svp/backend.h"
#include "svp/feature_source.h"
#include "svp/thread_pool.h"

namespace svp::cpu {

// Lengths of z that the engine chooses from; the dense one comes after these.
constexpr std::array<std::size_t, 4> kProjectedLengths = {8, 16, 32, 64};
constexpr std::size_t kLevels = kProjectedLengths.size() + 1;
constexpr std::size_t kDense = kLevels - 1;

class KCenterFilter {
 public:
  KCenterFilter(const FeatureSource& features, const ProductKernel& kernel, const KCenterTuning& tuning);

  // μ, s and the axes, from a sample of the rows. `largest`: the largest |value| of the features.
  void prepare(double largest, ThreadPool& pool, const JobControl& control);
  // Maps rows begin … begin + count − 1, at most 4, from any thread, each row once. scratch: map_scratch() values.
  void map(std::size_t begin, std::size_t count, const float* const rows[4], double* scratch);
  std::size_t map_scratch() const { return 4 * (d_ + stored_); }

  bool projected() const { return projected_; }
  std::size_t stored() const { return stored_; }  // length of the longest projected z
  std::size_t length(std::size_t level) const { return level == kDense ? dense_length_ : kProjectedLengths[level]; }
  // Levels that can be used: lengths up to stored(), and the dense one.
  bool has(std::size_t level) const { return level == kDense || (projected_ && length(level) <= stored_); }
  const KCenterBound& bound(std::size_t level) const { return bounds_[level]; }
  double scale_square() const { return scale_ * scale_; }
  double norm(std::size_t i) const { return norms_[i]; }
  std::size_t bytes() const;

  // A number that is close for rows that are close (projected), so that work sorted by it finds its rows in cache: bits
  // of the leading components' quantiles, the widest component first.
  std::uint32_t place(std::size_t i) const { return projected_ ? places_[i] : 0; }

  // The longest projected z of row i, its last element the length of the rest.
  const float* z(std::size_t i) const { return z_.data() + i * stored_; }
  // z of row i at a level, into out (length(level) floats). scratch: columns() floats.
  void read(std::size_t i, std::size_t level, float* out, float* scratch) const;

 private:
  void keep(std::size_t i, double square, const double* projected);
  void prepare_places(const std::vector<double>& sample, std::size_t count);

  const FeatureSource& features_;
  const ProductKernel& kernel_;
  const std::size_t n_;
  const std::size_t d_;
  std::size_t dense_length_;
  std::size_t stored_ = 0;
  bool projected_ = false;
  double scale_ = 1;
  std::vector<double> mean_;
  std::vector<double> axes_;                              // panels of eight columns, each [k][8]
  std::array<KCenterBound, kLevels> bounds_;
  std::vector<float> norms_;                              // ‖s(x − μ)‖²
  Aligned<float> z_;                                      // n × stored_
  std::vector<std::uint32_t> places_;
  std::vector<std::vector<float>> quantiles_;             // per leading component, ascending
  std::vector<std::uint8_t> splits_;                      // component of each bit of a place, highest bit first
  std::array<std::vector<float>, kLevels - 1> rest_;      // length of what a shorter z leaves out
};

}  // namespace svp::cpu

#include "svp/feature_source.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <utility>

#include "svp/error.h"
#include "svp/squared_distance.h"

namespace svp {

namespace {

class MemoryFeatures final : public FeatureSource {
 public:
  explicit MemoryFeatures(const MatrixView& matrix)
      : FeatureSource(matrix.rows, matrix.columns, "features"), matrix_(matrix) {}
  const float* row(std::size_t i, float*) const override { return matrix_.row(i); }
  bool direct() const override { return true; }

 private:
  const MatrixView matrix_;
};

class SubsetFeatures final : public FeatureSource {
 public:
  SubsetFeatures(const FeatureSource& all, std::vector<std::uint32_t> rows)
      : FeatureSource(rows.size(), all.columns(), all.what()), all_(all), rows_(std::move(rows)) {}
  const float* row(std::size_t i, float* scratch) const override { return all_.row(rows_[i], scratch); }
  bool direct() const override { return all_.direct(); }
  std::size_t original(std::size_t i) const override { return all_.original(rows_[i]); }

 private:
  const FeatureSource& all_;
  const std::vector<std::uint32_t> rows_;
};

// Keeps the lowest index that any thread reports.
void keep_lowest(std::atomic<std::size_t>& lowest, std::size_t i) {
  std::size_t known = lowest.load(std::memory_order_relaxed);
  while (i < known && !lowest.compare_exchange_weak(known, i, std::memory_order_relaxed)) {
  }
}

std::size_t rows_per_piece(std::size_t columns) {
  return std::max<std::size_t>(1, (std::size_t{1} << 17) / std::max<std::size_t>(1, columns));
}

class UnitFeatures final : public FeatureSource {
 public:
  UnitFeatures(const FeatureSource& all, InstructionSet set, ThreadPool& pool, const JobControl& control)
      : FeatureSource(all.rows(), all.columns(), all.what()), all_(all), norms_(all.rows()) {
    const SquaredDistance distance = squared_distance(set);
    const std::vector<float> origin(all.columns(), 0.0f);
    constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::atomic<std::size_t> first_zero{none};
    pool.parallel_for(all.rows(), rows_per_piece(all.columns()), [&](std::size_t begin, std::size_t end, unsigned) {
      control.check();
      std::vector<float> scratch(all.columns());
      for (std::size_t i = begin; i < end; i++) {
        norms_[i] = std::sqrt(distance(all.row(i, scratch.data()), origin.data(), all.columns()));
        if (norms_[i] == 0) keep_lowest(first_zero, i);
      }
    });
    const std::size_t zero = first_zero.load(std::memory_order_relaxed);
    if (zero == none) return;
    const std::size_t row = all.original(zero);
    throw Error(ErrorCode::nonfinite, what() + ": row " + std::to_string(row) +
                                          " holds only zeros and has no direction, so it has no cosine distance. "
                                          "Remove it or use the Euclidean metric.",
                static_cast<std::int64_t>(row));
  }

  const float* row(std::size_t i, float* scratch) const override {
    const float* from = all_.row(i, scratch);
    const double norm = norms_[i];
    for (std::size_t k = 0; k < columns(); k++) scratch[k] = static_cast<float>(static_cast<double>(from[k]) / norm);
    return scratch;
  }
  std::size_t original(std::size_t i) const override { return all_.original(i); }

 private:
  const FeatureSource& all_;
  std::vector<double> norms_;
};

std::uint64_t mix(std::uint64_t x) {  // the finalizer of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

struct RowScan {
  std::uint32_t largest_bits;  // of |value|; an exponent of all ones is not finite
  std::uint64_t hash;
};

RowScan scan_row(const float* row, std::size_t d, bool hash) {
  RowScan scan{0, 0};
  // Signed compares: absolute bits are never negative, and SSE2 has them.
  std::int32_t largest = 0;
  for (std::size_t k = 0; k < d; k++) {
    std::int32_t bits;
    std::memcpy(&bits, row + k, sizeof(bits));
    bits &= 0x7fffffff;
    largest = bits > largest ? bits : largest;
  }
  scan.largest_bits = static_cast<std::uint32_t>(largest);
  if (hash) {
    // Four independent chains keep the multiplier busy.
    std::uint64_t lane[4] = {0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u, 0x27d4eb2f165667c5u};
    std::size_t k = 0;
    for (; k + 8 <= d; k += 8) {
      std::uint64_t words[4];
      std::memcpy(words, row + k, sizeof(words));
      for (int z = 0; z < 4; z++) {
        lane[z] = (lane[z] ^ words[z]) * 0x9fb21c651e98df25u;
        lane[z] ^= lane[z] >> 29;
      }
    }
    for (; k < d; k++) {
      std::uint32_t word;
      std::memcpy(&word, row + k, sizeof(word));
      lane[k & 3] = mix(lane[k & 3] ^ word);
    }
    scan.hash = mix(lane[0] + mix(lane[1] + mix(lane[2] + mix(lane[3] + d))));
  }
  return scan;
}

[[noreturn]] void throw_nonfinite(const FeatureSource& features, std::size_t i) {
  std::vector<float> scratch(features.columns());
  const float* values = features.row(i, scratch.data());
  std::size_t k = 0;
  // Another thread may write to a SharedArrayBuffer meanwhile, so the value may be gone again.
  while (k + 1 < features.columns() && std::isfinite(values[k])) k++;
  const char* kind = std::isnan(values[k])   ? "NaN"
                     : std::isinf(values[k]) ? (values[k] > 0 ? "Infinity" : "-Infinity")
                                             : "not finite";
  const std::size_t row = features.original(i);
  throw Error(ErrorCode::nonfinite, features.what() + ": row " + std::to_string(row) + ", column " + std::to_string(k) +
                                        " is " + kind +
                                        ". Every value must be finite: remove the row or repair the value.",
              static_cast<std::int64_t>(row), static_cast<std::int64_t>(k));
}

}  // namespace

std::unique_ptr<FeatureSource> memory_features(const MatrixView& matrix) {
  return std::make_unique<MemoryFeatures>(matrix);
}

std::unique_ptr<FeatureSource> subset_features(const FeatureSource& all, std::vector<std::uint32_t> rows) {
  return std::make_unique<SubsetFeatures>(all, std::move(rows));
}

std::unique_ptr<FeatureSource> unit_features(const FeatureSource& all, InstructionSet set, ThreadPool& pool,
                                             const JobControl& control) {
  return std::make_unique<UnitFeatures>(all, set, pool, control);
}

FeatureScan scan_features(const FeatureSource& features, bool hash, std::size_t prefix_rows, ThreadPool& pool,
                          const JobControl& control) {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  const std::size_t d = features.columns();
  std::atomic<std::size_t> first_bad{none};
  std::mutex merging;
  FeatureScan scan;
  std::uint32_t largest = 0;
  pool.parallel_for(features.rows(), rows_per_piece(d), [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    std::vector<float> scratch(d);
    std::uint32_t most = 0;
    std::uint64_t sum = 0;
    std::uint64_t prefix_sum = 0;
    for (std::size_t i = begin; i < end; i++) {
      const RowScan row = scan_row(features.row(i, scratch.data()), d, hash);
      if (row.largest_bits >= 0x7f800000u) {
        keep_lowest(first_bad, i);
        return;
      }
      most = std::max(most, row.largest_bits);
      // A sum over rows, each mixed with its place: the order of threads does not matter, any prefix can be had.
      const std::uint64_t placed = mix(row.hash ^ mix(i + 1));
      sum += placed;
      if (i < prefix_rows) prefix_sum += placed;
    }
    const std::lock_guard<std::mutex> lock(merging);
    largest = std::max(largest, most);
    scan.hash += sum;
    scan.prefix_hash += prefix_sum;
  });
  if (first_bad.load() != none) throw_nonfinite(features, first_bad.load());
  float value;
  std::memcpy(&value, &largest, sizeof(value));
  scan.largest = static_cast<double>(value);
  scan.hash = hash ? mix(scan.hash + d) : 0;
  scan.prefix_hash = hash ? mix(scan.prefix_hash + d) : 0;
  return scan;
}

}  // namespace svp

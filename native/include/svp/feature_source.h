// Rows of features, wherever they are: a JavaScript array, a mapped .npy file, scaled to unit length, a subset.
// Reading a row is thread-safe; the engine asks for rows one at a time, so that a pool larger than memory works from
// the file's map and float16 stays float16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "svp/control.h"
#include "svp/instruction_set.h"
#include "svp/thread_pool.h"
#include "svp/view.h"

namespace svp {

class FeatureSource {
 public:
  virtual ~FeatureSource() = default;

  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  // How messages call it: "features" or the file's path.
  const std::string& what() const { return what_; }

  // Row i as columns() float32 values: a pointer into the source, or into `scratch` (columns() floats), filled.
  virtual const float* row(std::size_t i, float* scratch) const = 0;
  // Whether row() gives pointers into the source and leaves scratch alone.
  virtual bool direct() const { return false; }
  // Row of the user's matrix that row i is, for messages and for output.
  virtual std::size_t original(std::size_t i) const { return i; }

 protected:
  FeatureSource(std::size_t rows, std::size_t columns, std::string what)
      : rows_(rows), columns_(columns), what_(std::move(what)) {}

 private:
  std::size_t rows_;
  std::size_t columns_;
  std::string what_;
};

// A matrix in memory that outlives the source.
std::unique_ptr<FeatureSource> memory_features(const MatrixView& matrix);

// A two-dimensional C-order .npy file of float32, float16 or float64, mapped read-only. float64 values are rounded to
// float32 (those beyond its range become infinite and fail the check for finite values).
// Throws Error(file), Error(format) or Error(shape), each naming the file.
std::unique_ptr<FeatureSource> npy_features(const std::string& path);

struct NpyShape {
  std::size_t rows;
  std::size_t columns;
  std::string dtype;  // "float16", "float32" or "float64"
};
NpyShape npy_shape(const std::string& path);

// The rows of `all` that `rows` names, in that order. `all` outlives the subset; `rows` are within its range.
std::unique_ptr<FeatureSource> subset_features(const FeatureSource& all, std::vector<std::uint32_t> rows);

// Each row divided by its length in float64, norm = sqrt(D2(row, 0)), and rounded to float32, on every read; state is
// 8 bytes a row. Throws Error(nonfinite) that names the first row that holds NaN, ±Inf or only zeros.
std::unique_ptr<FeatureSource> unit_features(const FeatureSource& all, InstructionSet set, ThreadPool& pool,
                                             const JobControl& control);

// What one pass over all rows finds.
struct FeatureScan {
  double largest = 0;             // the largest absolute value
  std::uint64_t hash = 0;         // of all rows, their order and their length; 0 if not asked for
  std::uint64_t prefix_hash = 0;  // the same of the first prefix_rows rows
};

// Throws Error(nonfinite) that names the first row and column (in row order) holding NaN or ±Inf.
FeatureScan scan_features(const FeatureSource& features, bool hash, std::size_t prefix_rows, ThreadPool& pool,
                          const JobControl& control);

}  // namespace svp

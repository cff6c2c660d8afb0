#include "core/finite.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace svp {

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 18;  // 1 MiB of values, about 0.1 ms

// True if any exponent is all ones. No early exit, so that the compiler can vectorise it.
bool any_nonfinite(const float* values, std::size_t count) {
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < count; i++) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    found |= static_cast<std::uint32_t>((bits & 0x7f800000u) == 0x7f800000u);
  }
  return found != 0;
}

}  // namespace

void require_finite(const MatrixView& matrix, const char* what, ThreadPool& pool, const JobControl& control) {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::atomic<std::size_t> first{none};
  pool.parallel_for(matrix.rows * matrix.columns, kPiece, [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    // Later pieces cannot hold an earlier value.
    if (begin > first.load(std::memory_order_relaxed) || !any_nonfinite(matrix.data + begin, end - begin)) return;
    std::size_t i = begin;
    // Another thread may write to a SharedArrayBuffer meanwhile, so the value may be gone again.
    while (i < end && std::isfinite(matrix.data[i])) i++;
    std::size_t known = first.load(std::memory_order_relaxed);
    while (i < end && i < known && !first.compare_exchange_weak(known, i, std::memory_order_relaxed)) {
    }
  });
  const std::size_t found = first.load(std::memory_order_relaxed);
  if (found == none) return;
  const std::size_t row = found / matrix.columns;
  const std::size_t column = found % matrix.columns;
  const float value = matrix.data[found];
  const char* kind = std::isnan(value) ? "NaN" : std::isinf(value) ? (value > 0 ? "Infinity" : "-Infinity") : "not finite";
  throw Error(ErrorCode::nonfinite, std::string(what) + ": row " + std::to_string(row) + ", column " +
                                        std::to_string(column) + " is " + kind +
                                        ". Every value must be finite: remove the row or repair the value.",
              static_cast<std::int64_t>(row), static_cast<std::int64_t>(column));
}

}  // namespace svp

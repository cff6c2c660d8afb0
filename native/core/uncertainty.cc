#include "core/uncertainty.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>

#include "core/cuda_library.h"
#include "svp/uncertainty.h"

namespace svp {

namespace {

constexpr std::size_t kPieceValues = std::size_t{1} << 16;  // values a piece, under 0.2 ms

[[noreturn]] void throw_invalid_row(const MatrixView& logits, std::size_t row) {
  const float* values = logits.row(row);
  const std::string where = "logits: row " + std::to_string(row);
  for (std::size_t k = 0; k < logits.columns; k++) {
    if (std::isnan(values[k]) || (std::isinf(values[k]) && values[k] > 0)) {
      throw Error(ErrorCode::nonfinite,
                  where + ", column " + std::to_string(k) + " is " + (std::isnan(values[k]) ? "NaN" : "Infinity") +
                      ". A logit must be a number or -Infinity: check the model that made them.",
                  static_cast<std::int64_t>(row), static_cast<std::int64_t>(k));
    }
  }
  throw Error(ErrorCode::nonfinite,
              where + " holds only -Infinity, which gives no probabilities: check the model that made the logits.",
              static_cast<std::int64_t>(row));
}

}  // namespace

void uncertainty(const MatrixView& logits, const UncertaintyOutput& output, InstructionSet set, ThreadPool& pool,
                 JobControl& control, const DeviceChoice& device) {
  const DevicePlan plan = plan_device(device, 0);
  const UncertaintyRow row_sums = uncertainty_row(set);
  control.total.store(logits.rows, std::memory_order_relaxed);
  if (plan.table != nullptr) {
    const SvpCudaJob job = cuda_job(control);
    const std::string devices = device_numbers(device.device);
    const SvpCudaOptions options{devices.c_str(), device.settings.c_str(), 0};
    SvpCudaStatus status;
    std::size_t invalid = 0;
    require_success(plan.table->uncertainty(logits.data, logits.rows, logits.columns, 0, &job, &options,
                                            output.entropy, output.least_confidence, output.margin, &invalid, &status),
                    status);
    if (invalid < logits.rows) throw_invalid_row(logits, invalid);
    control.done.store(logits.rows, std::memory_order_relaxed);
    return;
  }
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::atomic<std::size_t> first_invalid{none};
  const std::size_t grain = std::max<std::size_t>(1, kPieceValues / std::max<std::size_t>(1, logits.columns));

  pool.parallel_for(logits.rows, grain, [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    if (begin > first_invalid.load(std::memory_order_relaxed)) return;  // an earlier row has failed already
    for (std::size_t i = begin; i < end; i++) {
      const UncertaintySums sums = row_sums(logits.row(i), logits.columns);
      if (!sums.valid) {
        std::size_t known = first_invalid.load(std::memory_order_relaxed);
        while (i < known && !first_invalid.compare_exchange_weak(known, i, std::memory_order_relaxed)) {
        }
        return;
      }
      const double total = 1 + sums.others;
      if (output.entropy != nullptr) {
        output.entropy[i] = static_cast<float>(std::log1p(sums.others) + sums.weighted / total);
      }
      if (output.least_confidence != nullptr) output.least_confidence[i] = static_cast<float>(sums.others / total);
      if (output.margin != nullptr) {
        const double second = std::exp(sums.runner_up - sums.largest);  // exp(−Inf) = 0: one class
        output.margin[i] = static_cast<float>((sums.others + second) / total);
      }
    }
    control.done.fetch_add(end - begin, std::memory_order_relaxed);
  });
  const std::size_t invalid = first_invalid.load(std::memory_order_relaxed);
  if (invalid != none) throw_invalid_row(logits, invalid);
}

}  // namespace svp

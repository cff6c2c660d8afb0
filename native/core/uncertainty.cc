#include "core/uncertainty.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "core/cuda_library.h"
#include "svp/uncertainty.h"

namespace svp {

namespace {

constexpr std::size_t kPieceValues = std::size_t{1} << 16;  // values a piece, under 0.2 ms
constexpr std::size_t kWidenedValues = std::size_t{1} << 14;  // of binary16 rows, widened at a time: stays in the cache

std::string text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::ostringstream out;
  out << value;
  return out.str();
}

[[noreturn]] void throw_invalid_logits(const float* values, std::size_t columns, std::size_t row) {
  const std::string where = "logits: row " + std::to_string(row);
  for (std::size_t k = 0; k < columns; k++) {
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

[[noreturn]] void throw_invalid_probabilities(const float* values, std::size_t columns, std::size_t row) {
  const std::string where = "probabilities: row " + std::to_string(row);
  double sum = 0;
  for (std::size_t k = 0; k < columns; k++) {
    sum += static_cast<double>(values[k]);
    if (values[k] >= 0 && !std::isinf(values[k])) continue;
    const bool number = std::isfinite(values[k]);
    throw Error(number ? ErrorCode::format : ErrorCode::nonfinite,
                where + ", column " + std::to_string(k) + " is " + text(values[k]) +
                    ". A probability is a number from 0 to 1; for outputs before the softmax say from: 'logits'.",
                static_cast<std::int64_t>(row), static_cast<std::int64_t>(k));
  }
  throw Error(ErrorCode::format,
              where + " sums to " + text(sum) + ", not to 1 within " + text(kProbabilityTolerance) +
                  "; for outputs before the softmax say from: 'logits'.",
              static_cast<std::int64_t>(row));
}

// Finds what is wrong with a row that a kernel refused.
[[noreturn]] void throw_invalid_row(const UncertaintyRows& input, std::size_t row, InstructionSet set) {
  std::vector<float> widened;
  const float* values = input.single + (input.half == nullptr ? row * input.columns : 0);
  if (input.half != nullptr) {
    widened.resize(input.columns);
    uncertainty_kernel(set).widen_half(input.half + row * input.columns, input.columns, widened.data());
    values = widened.data();
  }
  if (input.probabilities) throw_invalid_probabilities(values, input.columns, row);
  throw_invalid_logits(values, input.columns, row);
}

void uncertainty_on_device(const UncertaintyRows& input, const UncertaintyOutput& output, InstructionSet set,
                           JobControl& control, const DeviceChoice& device, const SvpCudaTable& table) {
  if (input.half != nullptr || input.probabilities || input.temperature != 1) {
    throw Error(ErrorCode::device,
                "A CUDA device scores float32 logits at temperature 1; leave the device to 'auto' or 'cpu' for "
                "float16, probabilities or another temperature.");
  }
  const SvpCudaJob job = cuda_job(control);
  const std::string devices = device_numbers(device.device);
  const SvpCudaOptions options{devices.c_str(), device.settings.c_str(), 0};
  SvpCudaStatus status;
  std::size_t invalid = 0;
  require_success(table.uncertainty(input.single, input.rows, input.columns, 0, &job, &options, output.entropy,
                                    output.least_confidence, output.margin, &invalid, &status),
                  status);
  if (invalid < input.rows) throw_invalid_row(input, invalid, set);
  control.done.store(input.rows, std::memory_order_relaxed);
}

// One thread's work on up to kUncertaintyRows rows at a time.
class Scorer {
 public:
  Scorer(const UncertaintyRows& input, const UncertaintyOutput& output, InstructionSet set)
      : input_(input), output_(output), kernel_(uncertainty_kernel(set)), temperature_(input.temperature) {
    step_ = kUncertaintyRows;
    if (input.half != nullptr) {
      step_ = std::clamp<std::size_t>(kWidenedValues / std::max<std::size_t>(1, input.columns), 1, kUncertaintyRows);
      widened_.resize(step_ * input.columns);
    }
  }

  // Scores rows begin … end − 1; gives the first that has no scores, or `end`.
  std::size_t score(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; i += step_) {
      const std::size_t count = std::min(step_, end - i);
      const std::size_t scored = measures(values(i, count), count);
      if (scored < count) return i + scored;
      if (output_.entropy != nullptr) std::copy_n(entropy_, count, output_.entropy + i);
      if (output_.least_confidence != nullptr) std::copy_n(least_confidence_, count, output_.least_confidence + i);
      if (output_.margin != nullptr) std::copy_n(margin_, count, output_.margin + i);
    }
    return end;
  }

 private:
  const float* values(std::size_t row, std::size_t count) {
    if (input_.half == nullptr) return input_.single + row * input_.columns;
    kernel_.widen_half(input_.half + row * input_.columns, count * input_.columns, widened_.data());
    return widened_.data();
  }

  std::size_t measures(const float* rows, std::size_t count) {
    float* entropy = output_.entropy == nullptr ? nullptr : entropy_;
    float* least_confidence = output_.least_confidence == nullptr ? nullptr : least_confidence_;
    float* margin = output_.margin == nullptr ? nullptr : margin_;
    if (input_.probabilities) {
      return kernel_.probabilities(rows, count, input_.columns, entropy, least_confidence, margin);
    }
    const std::size_t scored = kernel_.sums(rows, count, input_.columns, temperature_, sums_);
    if (scored == count) kernel_.measures(sums_, count, entropy, least_confidence, margin);
    return scored;
  }

  const UncertaintyRows& input_;
  const UncertaintyOutput& output_;
  const UncertaintyKernel& kernel_;
  const UncertaintyTemperature temperature_;
  std::size_t step_;
  std::vector<float> widened_;
  UncertaintySums sums_;
  float entropy_[kUncertaintyRows], least_confidence_[kUncertaintyRows], margin_[kUncertaintyRows];
};

}  // namespace

void uncertainty(const UncertaintyRows& input, const UncertaintyOutput& output, InstructionSet set, ThreadPool& pool,
                 JobControl& control, const DeviceChoice& device) {
  const DevicePlan plan = plan_device(device, 0);
  control.total.store(input.rows, std::memory_order_relaxed);
  if (plan.table != nullptr) return uncertainty_on_device(input, output, set, control, device, *plan.table);
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::atomic<std::size_t> first_invalid{none};
  const std::size_t piece_rows = std::max<std::size_t>(1, kPieceValues / std::max<std::size_t>(1, input.columns));
  const std::size_t grain =
      piece_rows < kUncertaintyRows ? piece_rows : piece_rows / kUncertaintyRows * kUncertaintyRows;

  pool.parallel_for(input.rows, grain, [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    if (begin > first_invalid.load(std::memory_order_relaxed)) return;  // an earlier row has failed already
    Scorer scorer(input, output, set);
    const std::size_t scored = scorer.score(begin, end);
    if (scored < end) {
      std::size_t known = first_invalid.load(std::memory_order_relaxed);
      while (scored < known && !first_invalid.compare_exchange_weak(known, scored, std::memory_order_relaxed)) {
      }
      return;
    }
    control.done.fetch_add(end - begin, std::memory_order_relaxed);
  });
  const std::size_t invalid = first_invalid.load(std::memory_order_relaxed);
  if (invalid != none) throw_invalid_row(input, invalid, set);
}

}  // namespace svp

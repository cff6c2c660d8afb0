#include "core/committee.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "svp/uncertainty.h"

namespace svp {

namespace {

constexpr std::size_t kPieceValues = std::size_t{1} << 14;  // logits a piece, about 0.1 ms

[[noreturn]] void throw_invalid_row(const std::vector<MatrixView>& members, std::size_t row) {
  for (std::size_t j = 0; j < members.size(); j++) {
    const float* values = members[j].row(row);
    const std::string where = "members[" + std::to_string(j) + "]: row " + std::to_string(row);
    bool any = false;
    for (std::size_t k = 0; k < members[j].columns; k++) {
      const bool bad = std::isnan(values[k]) || (std::isinf(values[k]) && values[k] > 0);
      any |= std::isfinite(values[k]);
      if (!bad) continue;
      throw Error(ErrorCode::nonfinite,
                  where + ", column " + std::to_string(k) + " is " + (std::isnan(values[k]) ? "NaN" : "Infinity") +
                      ". A logit must be a number or -Infinity: check the model that made them.",
                  static_cast<std::int64_t>(row), static_cast<std::int64_t>(k));
    }
    if (!any) {
      throw Error(ErrorCode::nonfinite,
                  where + " holds only -Infinity, which gives no probabilities: check the model that made the logits.",
                  static_cast<std::int64_t>(row));
    }
  }
  throw Error(ErrorCode::internal, "A row of logits was refused without a reason.", static_cast<std::int64_t>(row));
}

// −Σ v/J log(v/J) over the columns that were voted for.
double vote_entropy(std::vector<std::size_t>& votes) {
  std::sort(votes.begin(), votes.end());
  const double members = static_cast<double>(votes.size());
  double entropy = 0;
  for (std::size_t begin = 0; begin < votes.size();) {
    std::size_t end = begin;
    while (end < votes.size() && votes[end] == votes[begin]) end++;
    const double share = static_cast<double>(end - begin) / members;
    entropy -= share * std::log(share);
    begin = end;
  }
  return entropy > 0 ? entropy : 0.0;  // not −0
}

}  // namespace

void committee_uncertainty(const std::vector<MatrixView>& members, double temperature, const CommitteeOutput& output,
                           InstructionSet set, ThreadPool& pool, JobControl& control) {
  const MatrixView& shape = members.front();
  const UncertaintyKernel& kernel = uncertainty_kernel(set);
  control.total.store(shape.rows, std::memory_order_relaxed);
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::atomic<std::size_t> first_invalid{none};
  const std::size_t row_values = std::max<std::size_t>(1, shape.columns * members.size());

  pool.parallel_for(shape.rows, std::max<std::size_t>(1, kPieceValues / row_values),
                    [&](std::size_t begin, std::size_t end, unsigned) {
    control.check();
    if (begin > first_invalid.load(std::memory_order_relaxed)) return;  // an earlier row has failed already
    std::vector<const float*> rows(members.size());
    std::vector<double> scratch(2 * members.size());
    std::vector<std::size_t> votes(members.size());
    for (std::size_t i = begin; i < end; i++) {
      for (std::size_t j = 0; j < members.size(); j++) rows[j] = members[j].row(i);
      double divergence = 0;
      if (kernel.committee(rows.data(), members.size(), shape.columns, 1 / temperature, scratch.data(), divergence) !=
          members.size()) {
        std::size_t known = first_invalid.load(std::memory_order_relaxed);
        while (i < known && !first_invalid.compare_exchange_weak(known, i, std::memory_order_relaxed)) {
        }
        return;
      }
      if (output.divergence != nullptr) output.divergence[i] = static_cast<float>(divergence > 0 ? divergence : 0.0);
      if (output.vote_entropy == nullptr) continue;
      for (std::size_t j = 0; j < members.size(); j++) {
        const float largest = static_cast<float>(scratch[j]);  // it was a float32
        votes[j] = static_cast<std::size_t>(std::find(rows[j], rows[j] + shape.columns, largest) - rows[j]);
      }
      output.vote_entropy[i] = static_cast<float>(vote_entropy(votes));
    }
    control.done.fetch_add(end - begin, std::memory_order_relaxed);
  });
  const std::size_t invalid = first_invalid.load(std::memory_order_relaxed);
  if (invalid != none) throw_invalid_row(members, invalid);
}

}  // namespace svp

// Rows of the caller's features into a buffer, by several threads: a stream of rows to a device wants more than one
// core's memory bandwidth.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

#include "svp/cuda_table.h"
#include "svp/error.h"

namespace svp::cuda {

class FeatureReader {
 public:
  explicit FeatureReader(const SvpCudaFeatures& features) : features_(features) {}

  std::size_t rows() const { return features_.rows; }
  std::size_t columns() const { return features_.columns; }

  // Row i as columns() values, from the source or in `scratch`.
  const float* row(std::size_t i, float* scratch) const {
    const float* values = features_.row(features_.context, i, scratch);
    if (values == nullptr) throw Error(ErrorCode::file, "Row " + std::to_string(i) + " of the features cannot be read.");
    return values;
  }

  // of(j) is the row that goes to out + j·columns(), j from 0 to count.
  template <typename Of>
  void read(std::size_t count, float* out, Of of) const {
    constexpr std::size_t kEnough = std::size_t{1} << 20;  // values for which a thread is worth starting
    const std::size_t wanted = std::min<std::size_t>({8, std::max(1u, std::thread::hardware_concurrency()),
                                                      1 + count * columns() / kEnough});
    std::atomic<bool> failed{false};
    const auto part = [&](std::size_t begin, std::size_t end) {
      for (std::size_t j = begin; j < end; j++) {
        float* to = out + j * columns();
        const float* from = features_.row(features_.context, of(j), to);
        if (from == nullptr) {
          failed.store(true);
          return;
        }
        if (from != to) std::memcpy(to, from, columns() * sizeof(float));
      }
    };
    std::vector<std::thread> threads;
    std::size_t begin = 0;
    for (std::size_t t = 1; t < wanted; t++) {
      const std::size_t end = count * t / wanted;
      try {
        threads.emplace_back(part, begin, end);
      } catch (const std::system_error&) {
        break;  // this thread does the rest
      }
      begin = end;
    }
    part(begin, count);
    for (std::thread& thread : threads) thread.join();
    if (failed.load()) throw Error(ErrorCode::file, "A row of the features cannot be read.");
  }

 private:
  SvpCudaFeatures features_;
};

// What the caller's cancel flag says, as an exception.
class Job {
 public:
  explicit Job(const SvpCudaJob& job) : job_(job) {}
  void check() const {
    if (job_.cancelled != nullptr && job_.cancelled(job_.context) != 0) {
      throw Error(ErrorCode::abort, "The work was cancelled.");
    }
  }

 private:
  SvpCudaJob job_;
};

}  // namespace svp::cuda

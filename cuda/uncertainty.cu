// Uncertainty of rows of logits, one warp a row, each logit read once. With m the largest logit, x = z − m and e = exp(x)
// in float64 (svp/uncertainty.h): others = Σ e over x < 0 plus one for each further occurrence of m, weighted = Σ −x·e.
// exp comes from a table of 2^(j/32), one entry in each lane, and four terms of a series: relative error 2e-12, far below
// a unit in the last place of float32. Bound by memory as long as float64 keeps up: about 12 operations for 4 bytes.
#include <algorithm>

#include "arrays.h"
#include "device.h"
#include "launch.h"
#include "operations.h"

namespace svp::cuda {

namespace {

constexpr unsigned kThreads = 256;
constexpr std::size_t kTileBytes = std::size_t{64} << 20;  // logits on their way to the device

struct Task {
  const float* logits;
  std::size_t rows;
  std::size_t columns;
  std::size_t first;  // number of row 0, for `invalid`
  float* entropy;
  float* least_confidence;
  float* margin;
  unsigned long long* invalid;
};

struct Sums {
  double others, weighted, second;
  bool valid;
};

// exp(x) for x in [−708, 0]; `power` is this lane's 2^(lane/32).
SVP_DEVICE double exponential(double x, double power) {
  constexpr double kShift = 0x1.8p+52;  // adding it rounds to a whole number and leaves that in the low bits
  const double shifted = __fma_rn(x, 46.166241308446828384, kShift);  // 32·log2(e)
  const long long whole = __double_as_longlong(shifted);
  const double f = __fma_rn(__dsub_rn(shifted, kShift), -0.021660849392498290195, x);  // ln(2)/32
  double p = __fma_rn(f, 1.0 / 24, 1.0 / 6);
  p = __fma_rn(f, p, 0.5);
  p = __fma_rn(f, p, 1.0);
  p = __dmul_rn(f, p);
  const double base = __shfl_sync(kWholeWarp, power, static_cast<int>(whole & 31));
  // `whole` carries the bits of kShift above its value, which fall off to the left.
  const double scaled = __fma_rn(base, p, base);
  const long long exponent = static_cast<long long>(static_cast<unsigned long long>(whole >> 5) << 52);
  return __longlong_as_double(static_cast<long long>(static_cast<unsigned long long>(__double_as_longlong(scaled)) +
                                                     static_cast<unsigned long long>(exponent)));
}

SVP_DEVICE float larger(float a, float b) { return a > b ? a : b; }

// kEach > 0: the row lies in kEach registers of each lane; 0: it is read twice (the second time from the cache).
template <int kEach>
SVP_DEVICE Sums row_sums(const float* row, std::size_t columns, unsigned lane, double power) {
  const float nothing = -INFINITY;
  float held[kEach > 0 ? kEach : 1];
  const std::size_t steps = (columns + 31) / 32;
  float largest = nothing;
  bool wrong = false;
  const auto look = [&](float z) {
    wrong = wrong || z != z || z == INFINITY;
    largest = larger(largest, z);
  };
  if constexpr (kEach > 0) {
#pragma unroll
    for (int s = 0; s < kEach; s++) held[s] = s * 32 + lane < columns ? row[s * 32 + lane] : nothing;
#pragma unroll
    for (int s = 0; s < kEach; s++) look(held[s]);
  } else {
    for (std::size_t k = lane; k < columns; k += 32) look(row[k]);
  }
  unsigned bad = wrong ? 1 : 0;
  for (int mask = 16; mask > 0; mask >>= 1) {
    largest = larger(largest, __shfl_xor_sync(kWholeWarp, largest, mask));
    bad |= __shfl_xor_sync(kWholeWarp, bad, mask);
  }
  if (bad != 0 || largest == nothing) return {0, 0, 0, false};
  const double m = static_cast<double>(largest);
  double others = 0;
  double weighted = 0;
  float runner_up = nothing;
  unsigned equal = 0;
  const auto add = [&](float z) {
    const double x = static_cast<double>(z) - m;
    // All lanes take part in the exchange; −Inf, and lanes past the end, count for nothing.
    const double e = exponential(x > -708.0 ? x : -708.0, power);
    if (z < largest) {
      if (x > -708.0) {
        others += e;
        weighted = __fma_rn(-x, e, weighted);
      }
      runner_up = larger(runner_up, z);
    } else {
      equal++;
    }
  };
  if constexpr (kEach > 0) {
#pragma unroll
    for (int s = 0; s < kEach; s++) add(held[s]);
  } else {
    for (std::size_t s = 0; s < steps; s++) add(s * 32 + lane < columns ? row[s * 32 + lane] : nothing);
  }
  for (int mask = 16; mask > 0; mask >>= 1) {
    others += __shfl_xor_sync(kWholeWarp, others, mask);
    weighted += __shfl_xor_sync(kWholeWarp, weighted, mask);
    runner_up = larger(runner_up, __shfl_xor_sync(kWholeWarp, runner_up, mask));
    equal += __shfl_xor_sync(kWholeWarp, equal, mask);
  }
  const double next = equal > 1 ? 0.0 : static_cast<double>(runner_up) - m;
  const double second = exponential(next > -708.0 ? next : -708.0, power);
  return {others + (equal - 1), weighted, next > -708.0 ? second : 0.0, true};
}

// A warp takes 32 rows and keeps row r's sums in lane r, so that the logarithms and divisions are done for all at once.
template <int kEach>
__global__ void __launch_bounds__(kThreads) uncertainty_kernel(Task t) {
  const unsigned lane = threadIdx.x % 32;
  const double power = exp2(lane / 32.0);
  const std::size_t warp = static_cast<std::size_t>(blockIdx.x) * (kThreads / 32) + threadIdx.x / 32;
  const std::size_t first = warp * 32;
  if (first >= t.rows) return;
  const unsigned rows = t.rows - first < 32 ? static_cast<unsigned>(t.rows - first) : 32u;
  Sums mine{0, 0, 0, true};
  for (unsigned r = 0; r < rows; r++) {
    const Sums sums = row_sums<kEach>(t.logits + (first + r) * t.columns, t.columns, lane, power);
    if (lane == r) mine = sums;
  }
  if (lane >= rows) return;
  const std::size_t i = first + lane;
  if (!mine.valid) {
    atomicMin(t.invalid, static_cast<unsigned long long>(t.first + i));
    return;
  }
  const double total = 1 + mine.others;
  if (t.entropy != nullptr) t.entropy[i] = static_cast<float>(log1p(mine.others) + mine.weighted / total);
  if (t.least_confidence != nullptr) t.least_confidence[i] = static_cast<float>(mine.others / total);
  if (t.margin != nullptr) t.margin[i] = static_cast<float>((mine.others + mine.second) / total);
}

void score(const Task& task, Stream stream) {
  const Size3 grid = blocks_for(task.rows, kThreads, ~std::size_t{0});
  const auto kernel = task.columns <= 128    ? uncertainty_kernel<4>
                      : task.columns <= 256  ? uncertainty_kernel<8>
                      : task.columns <= 512  ? uncertainty_kernel<16>
                      : task.columns <= 1024 ? uncertainty_kernel<32>
                                             : uncertainty_kernel<0>;
  launch(kernel, grid, {kThreads}, 0, stream, task);
}

}  // namespace

std::size_t uncertainty(const float* logits, std::size_t rows, std::size_t columns, bool on_device, const Job& job,
                        int device, const std::string& settings, const Measures& out) {
  if (rows == 0) return 0;
  use_device(device);
  OwnedStream stream;
  DeviceArray<unsigned long long> invalid(1);
  unsigned long long first_invalid = ~0ull;
  fill_device(invalid.data(), 0xff, sizeof(first_invalid), stream);
  if (on_device) {
    score({logits, rows, columns, 0, out.entropy, out.least_confidence, out.margin, invalid.data()}, stream);
  } else {
    const std::size_t memory = std::min<std::size_t>(free_memory() / 2, setting(settings, "memory", ~std::uint64_t{0}));
    const std::size_t bytes = std::min(kTileBytes, memory / 4);
    const std::size_t most = std::clamp<std::size_t>(bytes / (columns * sizeof(float)), 1, rows);
    float* const wanted[3] = {out.entropy, out.least_confidence, out.margin};
    struct Buffer {
      DeviceArray<float> logits, scores;
      PinnedArray<float> staged, landed;
      OwnedEvent copied, done;
      std::size_t first = 0, rows = 0;
    } buffers[2];
    OwnedStream copies;
    for (Buffer& buffer : buffers) {
      buffer.logits.resize(most * columns);
      buffer.scores.resize(most * 3);
      buffer.staged.resize(most * columns);
      buffer.landed.resize(most * 3);
    }
    const auto land = [&](Buffer& buffer) {
      if (buffer.rows == 0) return;
      synchronize_event(buffer.done);
      for (int q = 0; q < 3; q++) {
        if (wanted[q] != nullptr) std::copy_n(buffer.landed.data() + q * most, buffer.rows, wanted[q] + buffer.first);
      }
      buffer.rows = 0;
    };
    unsigned turn = 0;
    for (std::size_t first = 0; first < rows; first += most, turn ^= 1) {
      job.check();
      Buffer& buffer = buffers[turn];
      land(buffer);  // and nothing reads its memory any more
      buffer.first = first;
      buffer.rows = std::min(most, rows - first);
      std::copy_n(logits + first * columns, buffer.rows * columns, buffer.staged.data());
      copy_to_device(buffer.logits.data(), buffer.staged.data(), buffer.rows * columns * sizeof(float), copies);
      record(buffer.copied, copies);
      wait(stream, buffer.copied);
      float* const scores = buffer.scores.data();
      score({buffer.logits.data(), buffer.rows, columns, first, wanted[0] != nullptr ? scores : nullptr,
             wanted[1] != nullptr ? scores + most : nullptr, wanted[2] != nullptr ? scores + 2 * most : nullptr,
             invalid.data()},
            stream);
      copy_to_host(buffer.landed.data(), scores, most * 3 * sizeof(float), stream);
      record(buffer.done, stream);
    }
    land(buffers[turn]);
    land(buffers[turn ^ 1]);
  }
  copy_to_host(&first_invalid, invalid.data(), sizeof(first_invalid), stream);
  synchronize(stream);
  return first_invalid == ~0ull ? rows : static_cast<std::size_t>(first_invalid);
}

}  // namespace svp::cuda

// A rival: the plain loop of greedy k-centers, one pass over the pool per pick, tuned for a pool that fits into the cache.
// float32; rows lie in groups of 32 as columns of a register tile, so that the inner loop is one broadcast and four fused
// multiply-adds of eight rows each with no sums across a register; minimum and maximum are taken in the same pass;
// threads live as long as the selection. usage: k-centers-row-per-pick FEATURES.npy PICKS THREADS ANSWER
// -O3 -march=native -ffast-math -fopenmp
#include <omp.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>
#include <vector>

#include "npy.h"

constexpr long kGroup = 32;

// A vector of the compiler: eight floats in a register (two where registers are shorter).
typedef float Eight __attribute__((vector_size(32), may_alias));

static inline Eight splat(float v) { return Eight{v, v, v, v, v, v, v, v}; }

static inline void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

struct alignas(64) Best {
  float value;
  long row;
};

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: k-centers-row-per-pick FEATURES.npy PICKS THREADS ANSWER");
  const Features f = read_features(argv[1]);
  const long picks = std::atol(argv[2]);
  const int threads = std::atoi(argv[3]);
  if (picks < 1 || picks > f.rows) give_up("PICKS must be 1 … rows");
  const long d = f.columns;
  const long groups = (f.rows + kGroup - 1) / kGroup;
  float* x = static_cast<float*>(std::aligned_alloc(64, groups * kGroup * d * sizeof(float)));
  if (x == nullptr) give_up("no memory");
  const auto start = std::chrono::steady_clock::now();

  // half[i] = ‖x_i‖² / 2; least[i] = min over centers of (‖x_i − c‖²/2 − half[i]), so that a pass is: product, minimum.
  std::vector<float> half(groups * kGroup), least(groups * kGroup, std::numeric_limits<float>::max());
  std::vector<unsigned> indices(picks);
  std::vector<Best> best(threads);
  indices[0] = 0;
  std::atomic<int> arrived{0};
  std::atomic<long> turn{0};

#pragma omp parallel num_threads(threads)
  {
    const int me = omp_get_thread_num();
    const long begin = groups * me / threads;
    const long end = groups * (me + 1) / threads;
    for (long g = begin; g < end; g++) {
      for (long r = 0; r < kGroup; r++) {
        const long i = g * kGroup + r;
        float square = 0;
        for (long k = 0; k < d; k++) {
          const float value = i < f.rows ? f.data[i * d + k] : 0.0f;
          x[(g * d + k) * kGroup + r] = value;
          square += value * value;
        }
        half[i] = square / 2;
        if (i >= f.rows) least[i] = -std::numeric_limits<float>::max();  // no row: never the farthest
      }
    }
#pragma omp barrier
    std::vector<float> center(d);
    for (long pick = 1; pick < picks; pick++) {
      const long c = indices[pick - 1];
      for (long k = 0; k < d; k++) center[k] = f.data[c * d + k];
      const float center_half = half[c];
      float best_value = -std::numeric_limits<float>::max();
      long best_row = 0;
      for (long g = begin; g < end; g++) {
        Eight s0 = splat(center_half), s1 = s0, s2 = s0, s3 = s0;
        const Eight* p = reinterpret_cast<const Eight*>(x + g * d * kGroup);
        for (long k = 0; k < d; k++, p += 4) {
          const Eight v = splat(center[k]);
          s0 -= v * p[0];
          s1 -= v * p[1];
          s2 -= v * p[2];
          s3 -= v * p[3];
        }
        const Eight sum[4] = {s0, s1, s2, s3};
        float* m = &least[g * kGroup];
        const float* h = &half[g * kGroup];
        if (c / kGroup == g) m[c % kGroup] = -std::numeric_limits<float>::max();  // picked: out of the race
        float group_best = -std::numeric_limits<float>::max();
        for (long r = 0; r < kGroup; r++) {
          m[r] = sum[r / 8][r % 8] < m[r] ? sum[r / 8][r % 8] : m[r];
          const float value = m[r] + h[r];
          group_best = value > group_best ? value : group_best;
        }
        if (group_best > best_value) {
          for (long r = 0; r < kGroup; r++) {
            if (m[r] + h[r] == group_best && g * kGroup + r < f.rows) {
              best_value = group_best;
              best_row = g * kGroup + r;
              break;
            }
          }
        }
      }
      best[me] = {best_value, best_row};
      // A barrier that spins, since a pass takes a fraction of a millisecond; it yields where a thread had to wait longer.
      if (arrived.fetch_add(1) == threads - 1) {
        Best winner = best[0];
        for (int t = 1; t < threads; t++) {
          if (best[t].value > winner.value) winner = best[t];
        }
        indices[pick] = static_cast<unsigned>(winner.row);
        arrived.store(0);
        turn.store(pick);
      } else {
        for (long spins = 0; turn.load() != pick; spins++) {
          if (spins < 10'000) relax();
          else std::this_thread::yield();
        }
      }
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_answer(argv[4], indices.data(), nullptr, picks);
  std::printf("{\"seconds\": %.6f, \"picks\": %ld, \"peakBytesBesideFeatures\": %.0f}\n", seconds, picks,
              peak_bytes() - 4.0 * f.rows * d);
}

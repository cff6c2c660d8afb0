// What the other answers are held against: greedy k-centers as docs/NUMERICS.md defines it, one pass over the pool per
// pick, every distance in float64. Not a rival: nothing here is tuned beyond two things that change no bit.
// usage: k-centers-oracle FEATURES.npy PICKS THREADS ANSWER; -O3 -march=native -ffp-contract=off -fopenmp
#include <omp.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "npy.h"

// D2: element k goes to accumulator k mod 8.
static inline double squared_distance(const float* x, const float* y, long d) {
  double a[8] = {0};
  long k = 0;
  for (; k + 8 <= d; k += 8) {
    for (int j = 0; j < 8; j++) {
      const double difference = static_cast<double>(x[k + j]) - static_cast<double>(y[k + j]);
      a[j] += difference * difference;
    }
  }
  for (; k < d; k++) {
    const double difference = static_cast<double>(x[k]) - static_cast<double>(y[k]);
    a[k & 7] += difference * difference;
  }
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: k-centers-oracle FEATURES.npy PICKS THREADS ANSWER");
  const Features f = read_features(argv[1]);
  const long picks = std::atol(argv[2]);
  if (picks < 1 || picks > f.rows) give_up("PICKS must be 1 … rows");
  omp_set_num_threads(std::atoi(argv[3]));
  const auto start = std::chrono::steady_clock::now();
  std::vector<double> m(f.rows, std::numeric_limits<double>::infinity());
  std::vector<unsigned> indices{0};
  std::vector<double> radii{std::numeric_limits<double>::infinity()};
  m[0] = -1;  // picked: out of the race
  while (static_cast<long>(indices.size()) < picks) {
    const float* center = f.data + static_cast<long>(indices.back()) * f.columns;
    double best = -1;
    long best_row = -1;
#pragma omp parallel
    {
      double own_best = -1;
      long own_row = -1;
#pragma omp for schedule(static) nowait
      for (long i = 0; i < f.rows; i++) {
        if (m[i] < 0) continue;
        const double d2 = squared_distance(f.data + i * f.columns, center, f.columns);
        if (d2 < m[i]) m[i] = d2;
        if (m[i] > own_best) {
          own_best = m[i];
          own_row = i;
        }
      }
#pragma omp critical
      if (own_row >= 0 && (own_best > best || (own_best == best && own_row < best_row))) {
        best = own_best;
        best_row = own_row;
      }
    }
    radii.push_back(std::sqrt(best));
    indices.push_back(static_cast<unsigned>(best_row));
    m[best_row] = -1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_answer(argv[4], indices.data(), radii.data(), picks);
  std::printf("{\"seconds\": %.6f, \"picks\": %ld}\n", seconds, picks);
}

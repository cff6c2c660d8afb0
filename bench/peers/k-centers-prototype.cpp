// A rival: the prototype that the engine replaced, its algorithm as it was. Block-greedy rounds, pruning by the triangle
// inequality on each point's nearest center, a float32 filter with a bound, decisions in float64.
// usage: k-centers-prototype FEATURES.npy PICKS BLOCK ANSWER, threads by OMP_NUM_THREADS and OPENBLAS_NUM_THREADS
// -O3 -march=native -ffast-math -fopenmp, and an OpenBLAS
#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <vector>

#include "npy.h"

using std::max;
using std::min;
using std::vector;

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static inline double d64(const float* a, const float* b, long d) {
  double s[8] = {0};
  long q = 0;
  for (; q + 8 <= d; q += 8) {
    for (int z = 0; z < 8; z++) {
      const double t = static_cast<double>(a[q + z]) - static_cast<double>(b[q + z]);
      s[z] += t * t;
    }
  }
  for (; q < d; q++) {
    const double t = static_cast<double>(a[q]) - static_cast<double>(b[q]);
    s[q & 7] += t * t;
  }
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

static inline float dot(const float* a, const float* b, long d) {
  float s[64] = {0};
  long q = 0;
  for (; q + 64 <= d; q += 64) {
    for (int z = 0; z < 64; z++) s[z] += a[q + z] * b[q + z];
  }
  float sum = 0;
  for (; q < d; q++) sum += a[q] * b[q];
  for (int z = 0; z < 64; z++) sum += s[z];
  return sum;
}

// C (rows × columns) = A Bᵀ
static void product(const float* a, const float* b, long rows, long columns, long d, float* c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, columns, d, 1, a, d, b, d, 0, c, columns);
}

int main(int argc, char** argv) {
  if (argc != 5) give_up("usage: k-centers-prototype FEATURES.npy PICKS BLOCK ANSWER");
  const Features f = read_features(argv[1]);
  const float* X = f.data;
  const long n = f.rows, d = f.columns, k = std::atol(argv[2]), B = std::atol(argv[3]);
  if (k < 1 || k > n || B < 1) give_up("PICKS must be 1 … rows, BLOCK at least 1");
  const double start = now();
  vector<float> nn(n);
  vector<double> m(n);
  vector<int> a(n, 0);
  const float GAM = (d + 8) * 6e-8f;
#pragma omp parallel for
  for (long i = 0; i < n; i++) nn[i] = dot(X + i * d, X + i * d, d);
  vector<long> S{0};
#pragma omp parallel for
  for (long i = 0; i < n; i++) m[i] = d64(X + i * d, X, d);
  vector<int> ord;
  vector<float> CB(B * d), G(B * B), CX(k * d), CC, cn{nn[0]}, minD;
  std::memcpy(&CX[0], X, d * 4);
  long long evaluated = 0, decided = 0;
  double lo = 0;
  while (static_cast<long>(S.size()) < k) {
    // The B largest m, through a threshold from the round before.
    ord.clear();
    if (lo > 0) {
      for (long i = 0; i < n; i++) {
        if (m[i] >= lo) ord.push_back(i);
      }
    }
    if (static_cast<long>(ord.size()) <= B) {
      ord.resize(n);
      std::iota(ord.begin(), ord.end(), 0);
    }
    const long b = min(B, n - 1);
    const auto before = [&](int x, int y) { return m[x] > m[y] || (m[x] == m[y] && x < y); };
    std::nth_element(ord.begin(), ord.begin() + b, ord.end(), before);
    const double tau = m[ord[b]];
    const int tau_row = ord[b];
    const long b4 = min<long>(4 * B, ord.size() - 1);
    if (b4 > b) {
      std::nth_element(ord.begin() + b, ord.begin() + b4, ord.end(), before);
      lo = m[ord[b4]];
    } else {
      lo = tau;
    }

    // The greedy loop inside the block.
    for (long i = 0; i < b; i++) std::memcpy(&CB[i * d], X + static_cast<long>(ord[i]) * d, d * 4);
    product(CB.data(), CB.data(), b, b, d, G.data());
    vector<double> cm(b);
    for (long i = 0; i < b; i++) cm[i] = m[ord[i]];
    const long k0 = S.size();
    while (static_cast<long>(S.size()) < k) {
      long bi = 0;
      for (long i = 1; i < b; i++) {
        if (cm[i] > cm[bi] || (cm[i] == cm[bi] && ord[i] < ord[bi])) bi = i;
      }
      if (cm[bi] < tau || (cm[bi] == tau && ord[bi] > tau_row)) break;
      const long id = ord[bi];
      std::memcpy(&CX[S.size() * d], X + id * d, d * 4);
      S.push_back(id);
      cn.push_back(nn[id]);
      for (long i = 0; i < b; i++) {
        const float x = nn[ord[i]] + nn[id] - 2 * G[i * b + bi];
        const float er = GAM * (nn[ord[i]] + nn[id]);
        if (i == bi) {
          cm[i] = 0;
        } else if (x - er < cm[i]) {
          decided++;
          const double y = d64(X + static_cast<long>(ord[i]) * d, X + id * d, d);
          if (y < cm[i]) cm[i] = y;
        }
      }
    }
    const long s = S.size() - k0;

    // Lower bounds of the distances between the centers before and the new ones.
    CC.resize(k0 * s);
    minD.resize(k0);
    product(CX.data(), &CX[k0 * d], k0, s, d, CC.data());
#pragma omp parallel for
    for (long q = 0; q < k0; q++) {
      float least = INFINITY;
      for (long z = 0; z < s; z++) {
        float x = cn[q] + cn[k0 + z] - 2 * CC[q * s + z] - GAM * (cn[q] + cn[k0 + z]);
        x = sqrtf(max(0.f, x)) * (1 - 1e-6f);
        CC[q * s + z] = x;
        least = min(least, x);
      }
      minD[q] = least;
    }

    // The pool against the new centers.
    long ev = 0, q64 = 0;
#pragma omp parallel for schedule(dynamic, 1024) reduction(+ : ev, q64)
    for (long i = 0; i < n; i++) {
      const int q = a[i];
      float u = std::sqrt(m[i]) * (1 + 1e-6);
      if (minD[q] >= 2 * u) continue;
      double mm = m[i];
      const float* row = &CC[q * s];
      const float u0 = u;
      const float* x = X + i * d;
      for (long z = 0; z < s; z++) {
        if (row[z] >= u0 + u) continue;
        ev++;
        const float er = GAM * (nn[i] + cn[k0 + z]);
        const float e = nn[i] + cn[k0 + z] - 2 * dot(x, &CX[(k0 + z) * d], d);
        if (S[k0 + z] == i) {
          mm = 0;
          u = 0;
          a[i] = k0 + z;
        } else if (e - er < mm) {
          q64++;
          const double y = d64(x, &CX[(k0 + z) * d], d);
          if (y < mm) {
            mm = y;
            u = std::sqrt(y) * (1 + 1e-6);
            a[i] = k0 + z;
          }
        }
      }
      m[i] = mm;
    }
    evaluated += ev;
    decided += q64;
  }
  const double seconds = now() - start;
  const vector<unsigned> indices(S.begin(), S.end());
  write_answer(argv[4], indices.data(), nullptr, k);
  std::printf("{\"seconds\": %.6f, \"picks\": %ld, \"pairsShare\": %.6f, \"decidedShare\": %.6f, "
              "\"peakBytesBesideFeatures\": %.0f}\n",
              seconds, k, static_cast<double>(evaluated) / (static_cast<double>(n) * k),
              static_cast<double>(decided) / (static_cast<double>(n) * k), peak_bytes() - 4.0 * n * d);
}

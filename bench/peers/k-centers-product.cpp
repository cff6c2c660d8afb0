// The engine's product kernels against OpenBLAS on (4,096 × 512)·(512 × 512), one thread, in turns.
// usage: k-centers-product REPETITIONS; OPENBLAS_NUM_THREADS=1; links native/cpu/product*.cc as they are built for the addon
// Prints one line of JSON: GFLOP/s of each repetition.
#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "cpu/aligned.h"
#include "cpu/product.h"
#include "npy.h"
#include "svp/instruction_set.h"

namespace {

constexpr std::size_t kRows = 4096, kColumns = 512, kLength = 512;
// The engine's: this many rows are packed at a time, and a row panel sweeps this much of B before the next one does.
constexpr std::size_t kBlockRows = 96, kPanelBytes = 192 * 1024;
constexpr int kSweeps = 5;

// Rows of `from` into panels of `tile` rows as [k][tile].
void pack(const float* from, std::size_t count, std::size_t tile, float* to) {
  for (std::size_t i = 0; i < count; i++) {
    float* at = to + i / tile * tile * kLength + i % tile;
    for (std::size_t k = 0; k < kLength; k++) at[k * tile] = from[i * kLength + k];
  }
}

std::size_t round_up(std::size_t x, std::size_t to) { return (x + to - 1) / to * to; }

struct Ours {
  const svp::cpu::ProductKernel& kernel = svp::cpu::product_kernel(svp::choose_instruction_set());
  const std::size_t rows = round_up(kRows, kernel.rows), columns = round_up(kColumns, kernel.columns);
  svp::cpu::Aligned<float> a{rows * kLength}, b{columns * kLength}, never{columns};
  std::vector<svp::cpu::ProductHit> hits;
  std::vector<float> c;

  Ours() : c(rows * columns) {
    std::fill_n(a.data(), rows * kLength, 0.0f);
    std::fill_n(b.data(), columns * kLength, 0.0f);
    std::fill_n(never.data(), columns, 1e30f);
    hits.resize(rows * columns / kernel.columns);
  }

  // visit(row panel, first column panel, column panels) in the engine's order.
  template <typename Visit>
  void sweep(Visit visit) {
    const std::size_t panels = columns / kernel.columns;
    const std::size_t group = std::max<std::size_t>(1, kPanelBytes / (kLength * kernel.columns * sizeof(float)));
    const std::size_t tiles = kBlockRows / kernel.rows;
    for (std::size_t block = 0; block < rows / kernel.rows; block += tiles) {
      for (std::size_t p = 0; p < panels; p += group) {
        for (std::size_t r = block; r < std::min(block + tiles, rows / kernel.rows); r++) {
          visit(r, p, std::min(group, panels - p));
        }
      }
    }
  }

  void store() {
    sweep([&](std::size_t r, std::size_t p, std::size_t count) {
      kernel.store(kLength, a.data() + r * kernel.rows * kLength, b.data() + p * kernel.columns * kLength,
                   kLength * kernel.columns, count, c.data() + r * kernel.rows * columns + p * kernel.columns, columns,
                   kernel.columns, false);
    });
  }

  // With the minimum's test in the epilogue, where no pair survives it.
  std::size_t filter() {
    std::size_t found = 0;
    sweep([&](std::size_t r, std::size_t p, std::size_t count) {
      found += kernel.filter(kLength, a.data() + r * kernel.rows * kLength, b.data() + p * kernel.columns * kLength,
                             kLength * kernel.columns, count, never.data(), never.data(), nullptr, hits.data());
    });
    return found;
  }
};

template <typename Work>
double gigaflops(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return 2.0 * kRows * kColumns * kLength / seconds / 1e9;
}

void print(const char* name, const std::vector<double>& values) {
  std::printf("\"%s\": [", name);
  for (std::size_t i = 0; i < values.size(); i++) std::printf("%s%.3f", i == 0 ? "" : ", ", values[i]);
  std::printf("], ");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) give_up("usage: k-centers-product REPETITIONS");
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> a(kRows * kLength), b(kColumns * kLength), c(kRows * kColumns), b_transposed(kColumns * kLength);
  for (float& x : a) x = normal(random);
  for (float& x : b) x = normal(random);
  for (std::size_t j = 0; j < kColumns; j++) {
    for (std::size_t k = 0; k < kLength; k++) b_transposed[k * kColumns + j] = b[j * kLength + k];
  }
  Ours ours;
  const auto pack_both = [&] {
    pack(a.data(), kRows, ours.kernel.rows, ours.a.data());
    pack(b.data(), kColumns, ours.kernel.columns, ours.b.data());
  };
  const auto blas = [&](CBLAS_TRANSPOSE transpose) {
    const bool transposed = transpose == CblasTrans;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, transpose, kRows, kColumns, kLength, 1, a.data(), kLength,
                transposed ? b.data() : b_transposed.data(), transposed ? kLength : kColumns, 0, c.data(), kColumns);
  };

  pack_both();
  ours.store();
  blas(CblasTrans);
  double deviation = 0;
  for (std::size_t i = 0; i < kRows; i++) {
    for (std::size_t j = 0; j < kColumns; j++) {
      deviation = std::max<double>(deviation, std::fabs(c[i * kColumns + j] - ours.c[i * ours.columns + j]));
    }
  }
  if (ours.filter() != 0) give_up("the filter let pairs through that it must not");

  // What the machine gives to two threads that share nothing: a limit for everything that runs on both.
  Ours other;
  pack(a.data(), kRows, other.kernel.rows, other.a.data());
  pack(b.data(), kColumns, other.kernel.columns, other.b.data());
  const auto alone = [](Ours& work) {
    for (int i = 0; i < kSweeps; i++) work.filter();
  };
  const auto seconds_of = [](const auto& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };

  std::vector<double> store, filter, packed, plain, transposed, two_threads;
  for (int i = 0; i < std::atoi(argv[1]); i++) {
    plain.push_back(gigaflops([&] { blas(CblasNoTrans); }));
    store.push_back(gigaflops([&] { ours.store(); }));
    transposed.push_back(gigaflops([&] { blas(CblasTrans); }));
    filter.push_back(gigaflops([&] { ours.filter(); }));
    packed.push_back(gigaflops([&] {
      pack_both();
      ours.store();
    }));
    const double one = seconds_of([&] { alone(ours); });
    const double both = seconds_of([&] {
      std::thread second([&] { alone(other); });
      alone(ours);
      second.join();
    });
    two_threads.push_back(2 * one / both);
  }
  std::printf("{");
  print("openblas", plain);
  print("openblasTransposed", transposed);
  print("store", store);
  print("filter", filter);
  print("storeWithPacking", packed);
  print("twoThreads", two_threads);
  std::printf("\"instructionSet\": \"%s\", \"largestDifference\": %.3g}\n", svp::name(svp::choose_instruction_set()),
              deviation);
}

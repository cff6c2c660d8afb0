// How near to the memory's bandwidth uncertainty comes where the logits are on the device already: a program of its own,
// because JavaScript cannot hold device memory. Argument: the library. Prints JSON. The bandwidth is taken from the
// difference of two sizes, so that what a call costs besides (a stream, an allocation) falls out; the copy that it is
// held against moves the same bytes within the device.
#include <cuda_runtime.h>
#include <dlfcn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "svp/cuda_table.h"

namespace {

constexpr std::size_t kColumns = 1000;
constexpr std::size_t kRows = 1281167;
constexpr int kTrials = 15;

__global__ void fill(float* values, std::size_t count) {
  const std::size_t step = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += step) {
    unsigned x = static_cast<unsigned>(i) * 2654435761u;
    x ^= x >> 16;
    x *= 2246822519u;
    x ^= x >> 13;
    values[i] = static_cast<float>(x) * (16.0f / 4294967296.0f) - 8.0f;
  }
}

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "measure_uncertainty: %s\n", what);
  std::exit(1);
}

template <typename Body>
double median_seconds(const Body& body) {
  std::vector<double> times;
  body();
  for (int t = 0; t < kTrials; t++) {
    cudaDeviceSynchronize();
    const auto start = std::chrono::steady_clock::now();
    body();
    cudaDeviceSynchronize();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + kTrials / 2, times.end());
  return times[kTrials / 2];
}

}  // namespace

int main(int count, char** arguments) {
  require(count == 2, "give the library's path");
  void* library = dlopen(arguments[1], RTLD_NOW);
  require(library != nullptr, "the library cannot be loaded");
  const auto open = reinterpret_cast<SvpCudaOpen>(dlsym(library, "svp_cuda_open"));
  require(open != nullptr && open()->abi == kSvpCudaAbi, "the library is of another version");
  const SvpCudaTable& table = *open();

  // A smaller device takes fewer rows.
  std::size_t left = 0, total = 0;
  require(cudaMemGetInfo(&left, &total) == cudaSuccess, "there is no device");
  const std::size_t rows = std::min(kRows, left / 3 / (kColumns * sizeof(float)));
  float* logits = nullptr;
  float* copy = nullptr;
  float* scores = nullptr;
  require(cudaMalloc(&logits, rows * kColumns * sizeof(float)) == cudaSuccess, "no memory");
  require(cudaMalloc(&copy, rows * kColumns * sizeof(float)) == cudaSuccess, "no memory");
  require(cudaMalloc(&scores, rows * 3 * sizeof(float)) == cudaSuccess, "no memory");
  fill<<<4096, 256>>>(logits, rows * kColumns);
  require(cudaDeviceSynchronize() == cudaSuccess, "the logits could not be made");

  const SvpCudaJob job{nullptr, nullptr};
  const SvpCudaOptions options{"", "", 0};
  const auto score = [&](std::size_t some) {
    SvpCudaStatus status;
    std::size_t invalid = 0;
    table.uncertainty(logits, some, kColumns, 1, &job, &options, scores, scores + rows, scores + 2 * rows, &invalid,
                      &status);
    require(status.code == 0, status.message);
    require(invalid == some, "a row has no scores");
  };
  const double whole = median_seconds([&] { score(rows); });
  const double half = median_seconds([&] { score(rows / 2); });
  const double copied = median_seconds([&] {
    cudaMemcpyAsync(copy, logits, rows * kColumns * sizeof(float), cudaMemcpyDeviceToDevice);
  });
  const double bytes = static_cast<double>(rows - rows / 2) * (kColumns + 3) * sizeof(float);
  const double copy_rate = 2.0 * static_cast<double>(rows) * kColumns * sizeof(float) / copied;
  const double rate = bytes / (whole - half);
  std::printf("{\"rows\": %zu, \"columns\": %zu, \"seconds\": %.6f, \"bytesPerSecond\": %.4g, "
              "\"copyBytesPerSecond\": %.4g, \"shareOfCopy\": %.3f}\n",
              rows, kColumns, whole, rate, copy_rate, rate / copy_rate);
  return 0;
}

// How fast THREADS threads can read an array of float32: a sum that takes every value once, each thread a part of its own.
// usage: read-bandwidth FILE THREADS REPETITIONS; prints one line of JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kLanes = 64;  // independent sums, so that additions do not wait for each other

float sum(const float* from, std::size_t count) {
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t l = 0; l < kLanes; l++) lanes[l] += from[i + l];
  }
  float total = 0;
  for (; i < count; i++) total += from[i];
  for (const float lane : lanes) total += lane;
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: read-bandwidth FILE THREADS REPETITIONS\n"), 1;
  std::FILE* file = std::fopen(argv[1], "rb");
  if (file == nullptr || std::fseek(file, 0, SEEK_END) != 0) return std::perror(argv[1]), 1;
  std::vector<float> values(static_cast<std::size_t>(std::ftell(file)) / sizeof(float));
  std::rewind(file);
  if (std::fread(values.data(), sizeof(float), values.size(), file) != values.size()) return std::perror(argv[1]), 1;
  std::fclose(file);
  const std::size_t threads = std::strtoul(argv[2], nullptr, 10);
  const int repetitions = std::atoi(argv[3]);

  std::vector<double> milliseconds;
  std::vector<float> totals(threads);
  for (int r = 0; r <= repetitions; r++) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    const auto part = [&](std::size_t t) {
      const std::size_t begin = values.size() * t / threads, end = values.size() * (t + 1) / threads;
      totals[t] = sum(values.data() + begin, end - begin);
    };
    for (std::size_t t = 1; t < threads; t++) others.emplace_back(part, t);
    part(0);
    for (std::thread& other : others) other.join();
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    if (r > 0) milliseconds.push_back(time.count());  // the first is for warming up
  }
  float total = 0;
  for (const float t : totals) total += t;
  std::printf("{\"milliseconds\": [");
  for (std::size_t r = 0; r < milliseconds.size(); r++) std::printf("%s%.4f", r == 0 ? "" : ", ", milliseconds[r]);
  std::printf("], \"bytes\": %zu, \"sum\": %.6g}\n", values.size() * sizeof(float), static_cast<double>(total));
}

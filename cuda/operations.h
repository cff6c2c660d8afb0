// The operations beside k-centers, as the table offers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "feature_reader.h"
#include "svp/cuda_table.h"

namespace svp::cuda {

// "", "1" or "0,2" as device numbers, checked against what is there. No driver or no device: Error(device).
std::vector<int> choose_devices(const std::string& wanted);

void pairwise_distances(const float* a, std::size_t a_rows, const float* b, std::size_t b_rows, std::size_t columns,
                        bool squared, const Job& job, int device, const std::string& settings, double* out);

struct Measures {
  float* entropy;
  float* least_confidence;
  float* margin;
};
// Returns the first row without scores, or `rows`.
std::size_t uncertainty(const float* logits, std::size_t rows, std::size_t columns, bool on_device, const Job& job,
                        int device, const std::string& settings, const Measures& out);

struct ForgettingArrays {
  std::uint32_t* presentations;
  std::uint32_t* events;
  std::uint8_t* state;
  std::size_t length;
};
void forgetting_update(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count,
                       const ForgettingArrays& counters, bool on_device, int device);

}  // namespace svp::cuda

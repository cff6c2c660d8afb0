// What the CUDA library (cuda/) offers to the engine: one table of plain C functions behind one exported symbol, so that
// neither side's compiler, C++ library or exceptions reach the other. Sizes are in elements unless a name says bytes.
// Every function that can fail returns 0, or the error's number with the text in *status; none throws.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

// Grows whenever anything below changes. A library of another version is refused.
constexpr std::uint32_t kSvpCudaAbi = 1;

struct SvpCudaStatus {
  std::int32_t code;  // 0, or 1 + svp::ErrorCode
  std::int64_t row;   // zero-based, −1: none
  std::int64_t column;
  char message[1000];
};

// Rows of float32, wherever they are. `row` may be called from several threads; null means that it failed.
struct SvpCudaFeatures {
  void* context;
  std::size_t rows;
  std::size_t columns;
  const float* (*row)(void* context, std::size_t i, float* scratch);
};

struct SvpCudaJob {
  void* context;
  int (*cancelled)(void* context);
};

// devices: "" for all that are visible, or "0", "0,2". settings: "" or words such as "memory=BYTES list=PAIRS
// filter=bf16|tf32", which tests use to reach every path with small inputs.
struct SvpCudaOptions {
  const char* devices;
  const char* settings;
  std::size_t block;
};

struct SvpCudaPick {
  double m;
  std::uint32_t row;
  std::uint32_t unused;
};

struct SvpCudaCounters {
  std::uint64_t rounds, pairs, refined, exact, bytes, filter_columns;
  double load_seconds, update_seconds, block_seconds;
};

struct SvpCudaDevice {
  char name[256];
  std::int32_t major, minor, processors;
  std::uint64_t memory_bytes;
};

struct SvpCudaTable {
  std::uint32_t abi;
  const char* version;  // "cuda" and how it was built, or "cuda-host" for the kernels compiled for the host

  // Devices that can be used. No driver, no device or one too old is an error that carries CUDA's text.
  int (*devices)(const char* settings, SvpCudaDevice* out, std::size_t room, std::size_t* count, SvpCudaStatus*);

  // Greedy k-centers: svp/backend.h says what each of these does. `self` belongs to one thread at a time.
  int (*k_center_create)(const SvpCudaFeatures*, const SvpCudaJob*, const SvpCudaOptions*, void** self, SvpCudaStatus*);
  void (*k_center_destroy)(void* self);
  int (*k_center_load)(void* self, double largest, std::uint32_t first_center, SvpCudaStatus*);
  int (*k_center_restore)(void* self, double largest, const std::uint32_t* centers, std::size_t count, const double* m,
                          const std::uint32_t* applied, const std::uint32_t* nearest, std::size_t rows, SvpCudaStatus*);
  int (*k_center_add)(void* self, std::uint32_t row, SvpCudaStatus*);
  int (*k_center_distance)(void* self, std::uint32_t row, double* m, SvpCudaStatus*);
  int (*k_center_open_round)(void* self, double* farthest, SvpCudaStatus*);
  int (*k_center_pick)(void* self, std::size_t limit, double stop, const SvpCudaPick** picks, std::size_t* count,
                       SvpCudaStatus*);
  int (*k_center_refresh)(void* self, SvpCudaStatus*);
  int (*k_center_state)(void* self, double* m, std::uint32_t* applied, std::uint32_t* nearest, std::uint8_t* taken,
                        SvpCudaStatus*);
  void (*k_center_counters)(void* self, SvpCudaCounters* out);

  // D2 (or its root) of all pairs of rows, into host memory, a_rows × b_rows.
  int (*pairwise_distances)(const float* a, std::size_t a_rows, const float* b, std::size_t b_rows, std::size_t columns,
                            int squared, const SvpCudaJob*, const SvpCudaOptions*, double* out, SvpCudaStatus*);

  // Scores of rows × columns logits, in host memory or (on_device) in memory of the device, where the outputs are then
  // too; whatever writes it has finished. A null output leaves a measure out. invalid: the first row that has no scores, or rows.
  int (*uncertainty)(const float* logits, std::size_t rows, std::size_t columns, int on_device, const SvpCudaJob*,
                     const SvpCudaOptions*, float* entropy, float* least_confidence, float* margin, std::size_t* invalid,
                     SvpCudaStatus*);

  // Counts one mini-batch as update_forgetting does. The counters are in host memory, or (on_device) all arrays are in
  // memory of the device. Indices are below `length`.
  int (*forgetting_update)(const std::uint32_t* indices, const std::uint8_t* correct, std::size_t count,
                           std::uint32_t* presentations, std::uint32_t* events, std::uint8_t* state, std::size_t length,
                           int on_device, const SvpCudaOptions*, SvpCudaStatus*);
};

// The library's one symbol.
using SvpCudaOpen = const SvpCudaTable* (*)(void);

}  // extern "C"

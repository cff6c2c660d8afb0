// The kernels of greedy k-centers, as the host starts them. All pointers are device memory; all work is queued on the
// stream.
#pragma once

#include <cstddef>
#include <cstdint>

#include "k_center_bound.h"
#include "mma.h"
#include "runtime.h"

namespace svp::cuda {

constexpr std::size_t kTile = 128;  // rows and centers of one tile of the filter

// Bytes of a stored row: a multiple of 64, which is what one stage of the product takes.
inline std::size_t filter_row_bytes(FilterType type, std::size_t columns) {
  return (columns * (type == FilterType::brain ? 2 : 4) + 63) / 64 * 64;
}
inline std::size_t filter_row_length(FilterType type, std::size_t columns) {
  return filter_row_bytes(type, columns) / (type == FilterType::brain ? 2 : 4);
}

// x (rows × columns) → z, half and radius (k_center_bound.h).
struct MapTask {
  const float* x;
  std::size_t rows;
  std::size_t columns;
  const float* mean;  // μ
  double scale;       // s, a power of two
  FilterBound bound;
  unsigned char* z;
  float* half;
  float* radius;
};
void map_rows(const MapTask& task, FilterType type, int processors, Stream stream);

struct Pair {
  std::uint32_t row;     // of the tile's rows, from 0
  std::uint32_t center;  // of the chunk's centers, from 0
};

// Which of rows × centers must be decided by D2: appended to `pairs` in any order. There is room for all of them.
struct FilterTask {
  const unsigned char* row_z;
  const float* row_half;
  const float* row_radius;
  const double* m;
  const unsigned char* center_z;
  const float* center_half;
  const float* center_radius;
  std::uint32_t rows;
  std::uint32_t centers;
  std::uint32_t row_bytes;
  double scale_square;
  double inflate;
  Pair* pairs;
  unsigned long long* count;
};
void filter_pairs(const FilterTask& task, FilterType type, Stream stream);

// D2 of each pair, folded into m and nearest: the smallest D2, on ties the lowest position.
struct RefineTask {
  const float* x;
  const float* centers;
  std::size_t columns;
  const Pair* pairs;
  const unsigned long long* count;
  double* squares;  // room for one value a pair
  double* m;
  std::uint32_t* nearest;
  std::uint32_t first_position;  // of the chunk's first center
  unsigned long long* total;     // grows by *count
};
void refine_pairs(const RefineTask& task, int processors, Stream stream);

// One center against all rows, by D2 alone.
struct ApplyTask {
  const float* x;
  std::size_t rows;
  std::size_t columns;
  const float* center;
  std::uint32_t position;
  double* m;
  std::uint32_t* nearest;
};
void apply_center(const ApplyTask& task, int processors, Stream stream);

// rows[] of x, one after the other.
void gather_rows(const float* x, std::size_t columns, const std::uint32_t* rows, std::size_t count, float* out,
                 int processors, Stream stream);
// taken[rows[]] = 1
void mark_taken(const std::uint32_t* rows, std::size_t count, std::uint8_t* taken, Stream stream);
// m = +Inf, nearest = none, taken = 0
void reset_state(double* m, std::uint32_t* nearest, std::uint8_t* taken, std::size_t rows, int processors,
                 Stream stream);

// The farthest rows of the race, in any order, and the farthest of the others.
struct SelectHeader {
  std::uint32_t members;
  std::uint32_t more;       // whether there is a boundary
  double boundary_m;
  std::uint32_t boundary_row;
  std::uint32_t unused;
};
struct Member {
  double m;
  std::uint32_t row;
  std::uint32_t unused;
};
struct SelectTask {
  const double* m;
  const std::uint8_t* taken;
  std::uint32_t rows;
  std::uint32_t wanted;
  void* work;             // select_work_bytes()
  SelectHeader* header;
  Member* members;        // room for `wanted`
};
std::size_t select_work_bytes();
void select_farthest(const SelectTask& task, int processors, Stream stream);

// D2 of all pairs of a's and b's rows, or their roots, into out[i·stride + j]. Symmetric: a and b are the same, and half
// of the work is saved.
struct PairsTask {
  const float* a;
  const float* b;
  std::size_t a_rows;
  std::size_t b_rows;
  std::size_t columns;
  double* out;
  std::size_t stride;
  bool symmetric;
  bool root;
};
void square_distances(const PairsTask& task, Stream stream);

// The greedy loop inside the block.
constexpr std::size_t kLargestBlock = 4096;
struct PickHeader {
  std::uint32_t picks;
  std::uint32_t exhausted;  // no member is ahead of the boundary any more
};
struct Pick {
  double m;
  std::uint32_t row;
  std::uint32_t unused;
};
struct PickTask {
  Member* members;  // m falls as centers are picked; −1 once picked
  std::uint32_t count;
  const double* squares;
  std::size_t stride;
  double boundary_m;  // below 0: none
  std::uint32_t boundary_row;
  std::uint32_t limit;
  double stop;
  PickHeader* header;
  Pick* picks;  // room for `limit`
};
void pick_in_block(const PickTask& task, Stream stream);

}  // namespace svp::cuda

// The filter: ẑ_i·ẑ_c of 128 rows × 128 centers a block on tensor cores, the test of k_center_bound.h on the
// accumulators, and the pairs that stay. 8 warps, 32 × 64 products each; four stages of 64 bytes a row (32 bfloat16 or
// 16 TF32 elements) in 64 KiB of shared memory and 124 registers a thread, so that two blocks share a multiprocessor of
// sm_80, 90 and 100. 2·columns operations a pair against about five for the test.
#include "k_center_kernels.h"
#include "launch.h"

namespace svp::cuda {

namespace {

constexpr int kStages = 4;
constexpr int kStageBytes = 64;  // of one row
constexpr unsigned kThreads = 256;
constexpr unsigned kSideBytes = kTile * kStageBytes;
constexpr std::size_t kSharedBytes = std::size_t{kStages} * 2 * kSideBytes;

// Where 16-byte piece `piece` (0 … 3) of row `row` lies within a stage. The exclusive-or spreads eight rows that
// ldmatrix reads together over all 32 banks.
SVP_DEVICE unsigned place(unsigned row, unsigned piece) { return row * kStageBytes + ((piece ^ (row >> 1 & 3u)) << 4); }

// Asks for one stage of 128 rows that begin at `from`; rows past the end are zeros.
SVP_DEVICE void fetch(unsigned char* to, const unsigned char* from, std::size_t row_bytes, unsigned rows) {
  for (unsigned c = threadIdx.x; c < kTile * 4; c += kThreads) {
    const unsigned row = c / 4;
    const bool valid = row < rows;
    copy_16(to + place(row, c % 4), from + (valid ? row : 0u) * row_bytes + c % 4 * 16, valid);
  }
}

template <FilterType type>
__global__ void __launch_bounds__(kThreads, 2) filter_kernel(FilterTask t) {
  __shared__ float row_half[kTile];
  __shared__ float row_reach[kTile];
  __shared__ float center_half[kTile];
  __shared__ float center_radius[kTile];
  unsigned char* stages = dynamic_shared();
  const unsigned lane = threadIdx.x % 32;
  const unsigned warp = threadIdx.x / 32;
  const unsigned warp_row = warp % 4 * 32;
  const unsigned warp_center = warp / 4 * 64;
  const std::uint32_t first_row = blockIdx.y * static_cast<unsigned>(kTile);
  const std::uint32_t first_center = blockIdx.x * static_cast<unsigned>(kTile);
  const unsigned rows = t.rows - first_row < kTile ? t.rows - first_row : static_cast<unsigned>(kTile);
  const unsigned centers = t.centers - first_center < kTile ? t.centers - first_center : static_cast<unsigned>(kTile);
  const std::size_t row_bytes = t.row_bytes;
  const unsigned char* row_z = t.row_z + first_row * row_bytes;
  const unsigned char* center_z = t.center_z + first_center * row_bytes;
  const int slabs = static_cast<int>(row_bytes / kStageBytes);

  for (int s = 0; s < kStages - 1; s++) {
    if (s < slabs) {
      fetch(stages + s * 2 * kSideBytes, row_z + s * kStageBytes, row_bytes, rows);
      fetch(stages + s * 2 * kSideBytes + kSideBytes, center_z + s * kStageBytes, row_bytes, centers);
    }
    commit_copies();
  }
  if (threadIdx.x < kTile) {
    const unsigned r = threadIdx.x;
    float half = kNoRow;
    float reach = 0;
    if (r < rows) {
      half = t.row_half[first_row + r];
      const double root = sqrt(t.m[first_row + r] * t.scale_square * t.inflate) * (1 + 0x1p-50);
      reach = __double2float_ru((root + static_cast<double>(t.row_radius[first_row + r])) * (1 + 0x1p-21));
      if (!(reach < kFarReach)) reach = kFarReach;
    }
    row_half[r] = half;
    row_reach[r] = reach;
  } else {
    const unsigned c = threadIdx.x - static_cast<unsigned>(kTile);
    center_half[c] = c < centers ? t.center_half[first_center + c] : kNoRow;
    center_radius[c] = c < centers ? t.center_radius[first_center + c] : 0.0f;
  }

  float sums[2][8][4];
#pragma unroll
  for (int i = 0; i < 2; i++) {
#pragma unroll
    for (int j = 0; j < 8; j++) {
#pragma unroll
      for (int e = 0; e < 4; e++) sums[i][j][e] = 0;
    }
  }

  for (int s = 0; s < slabs; s++) {
    wait_copies<kStages - 2>();
    __syncthreads();  // stage s has arrived for all, and all have read stage s − 1, which is filled anew now
    const int ahead = s + kStages - 1;
    if (ahead < slabs) {
      unsigned char* to = stages + ahead % kStages * 2 * kSideBytes;
      fetch(to, row_z + static_cast<std::size_t>(ahead) * kStageBytes, row_bytes, rows);
      fetch(to + kSideBytes, center_z + static_cast<std::size_t>(ahead) * kStageBytes, row_bytes, centers);
    }
    commit_copies();
    const unsigned char* a_side = stages + s % kStages * 2 * kSideBytes;
    const unsigned char* b_side = a_side + kSideBytes;
#pragma unroll
    for (unsigned step = 0; step < 2; step++) {
      unsigned a[2][4];
#pragma unroll
      for (unsigned i = 0; i < 2; i++) {
        load_matrices(a[i], a_side + place(warp_row + i * 16 + lane % 16, step * 2 + lane / 16));
      }
#pragma unroll
      for (unsigned j = 0; j < 4; j++) {
        unsigned b[4];
        load_matrices(b, b_side + place(warp_center + j * 16 + lane / 16 * 8 + lane % 8, step * 2 + lane / 8 % 2));
#pragma unroll
        for (unsigned i = 0; i < 2; i++) {
          multiply_add<type>(sums[i][2 * j], a[i], b);
          multiply_add<type>(sums[i][2 * j + 1], a[i], b + 2);
        }
      }
    }
  }
  wait_copies<0>();
  __syncthreads();  // also for blocks without a slab, whose thresholds were written above

  // Lane l holds rows l / 4 and l / 4 + 8, columns 2·(l mod 4) and the next, of each 16 × 8 product.
  unsigned long long kept = 0;
#pragma unroll
  for (int i = 0; i < 2; i++) {
#pragma unroll
    for (int h = 0; h < 2; h++) {
      const unsigned row = warp_row + i * 16 + h * 8 + lane / 4;
      const float half = row_half[row];
      const float reach = row_reach[row];
#pragma unroll
      for (int j = 0; j < 8; j++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
          const unsigned center = warp_center + j * 8 + lane % 4 * 2 + e;
          const float together = reach + center_radius[center];
          const float limit = __fmaf_rn(-0.5f * together, together, half + center_half[center]);
          if (!(sums[i][j][h * 2 + e] < limit)) kept |= 1ull << (i * 32 + j * 4 + h * 2 + e);
        }
      }
    }
  }
  const unsigned mine = static_cast<unsigned>(__popcll(kept));
  unsigned before = mine;
#pragma unroll
  for (unsigned by = 1; by < 32; by *= 2) {
    const unsigned other = __shfl_up_sync(kWholeWarp, before, by);
    if (lane >= by) before += other;
  }
  const unsigned all = __shfl_sync(kWholeWarp, before, 31);
  if (all == 0) return;
  unsigned long long base = 0;
  if (lane == 0) base = atomicAdd(t.count, static_cast<unsigned long long>(all));
  base = __shfl_sync(kWholeWarp, base, 0) + before - mine;
  while (kept != 0) {
    const unsigned bit = static_cast<unsigned>(__ffsll(kept)) - 1;
    kept &= kept - 1;
    const unsigned row = warp_row + bit / 32 * 16 + bit / 2 % 2 * 8 + lane / 4;
    const unsigned center = warp_center + bit / 4 % 8 * 8 + lane % 4 * 2 + bit % 2;
    t.pairs[base++] = {first_row + row, first_center + center};
  }
}

}  // namespace

void filter_pairs(const FilterTask& task, FilterType type, Stream stream) {
  if (task.rows == 0 || task.centers == 0) return;
  const auto tiles = [](std::uint32_t count) { return static_cast<unsigned>((count + kTile - 1) / kTile); };
  // Neighbouring blocks share the rows, so that these are read from memory once; the centers stay in the cache.
  launch(type == FilterType::brain ? filter_kernel<FilterType::brain> : filter_kernel<FilterType::tensor>,
         {tiles(task.centers), tiles(task.rows)}, {kThreads}, kSharedBytes, stream, task);
}

}  // namespace svp::cuda

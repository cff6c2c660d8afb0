// All distances of two sets of rows, by their definition. The result (8 bytes a pair) leaves the device through two
// buffers while the next tile is computed: the way out is what limits it.
#include <algorithm>
#include <cstring>

#include "arrays.h"
#include "k_center_kernels.h"
#include "operations.h"

namespace svp::cuda {

namespace {

constexpr std::size_t kTileBytes = std::size_t{64} << 20;  // of the result, at once
constexpr std::size_t kSideRows = 16384;                   // most rows of either side of a tile

struct Tile {
  std::size_t a, a_rows, b, b_rows;
};

// Rows [first, first + rows) of a side on the device, unless they are there already.
class Side {
 public:
  Side(const float* data, std::size_t columns, std::size_t most) : data_(data), columns_(columns), x_(most * columns) {}
  const float* bring(std::size_t first, std::size_t rows, Stream stream) {
    if (first != first_ || rows != rows_) {
      copy_to_device(x_.data(), data_ + first * columns_, rows * columns_ * sizeof(float), stream);
      first_ = first;
      rows_ = rows;
    }
    return x_.data();
  }

 private:
  const float* const data_;
  const std::size_t columns_;
  std::size_t first_ = ~std::size_t{0};
  std::size_t rows_ = 0;
  DeviceArray<float> x_;
};

}  // namespace

void pairwise_distances(const float* a, std::size_t a_rows, const float* b, std::size_t b_rows, std::size_t columns,
                        bool squared, const Job& job, int device, const std::string& settings, double* out) {
  if (a_rows == 0 || b_rows == 0) return;
  use_device(device);
  const std::size_t memory = std::min<std::size_t>(free_memory() / 2, setting(settings, "memory", ~std::uint64_t{0}));
  const std::size_t tile_bytes = std::min(kTileBytes, memory / 8);
  const std::size_t side = std::clamp<std::size_t>(memory / 8 / std::max<std::size_t>(1, columns * 4), 1, kSideRows);
  const std::size_t b_most = std::min({b_rows, side, std::max<std::size_t>(1, tile_bytes / 8)});
  const std::size_t a_most = std::min({a_rows, side, std::max<std::size_t>(1, tile_bytes / 8 / b_most)});
  OwnedStream stream;
  OwnedEvent done[2];
  Side left(a, columns, a_most);
  Side right(b, columns, b_most);
  DeviceArray<double> results[2];
  PinnedArray<double> landing[2];
  for (int t = 0; t < 2; t++) {
    results[t].resize(a_most * b_most);
    landing[t].resize(a_most * b_most);
  }
  Tile under_way[2] = {};
  const auto land = [&](int turn) {
    const Tile tile = under_way[turn];
    if (tile.a_rows == 0) return;
    synchronize_event(done[turn]);
    for (std::size_t i = 0; i < tile.a_rows; i++) {
      std::memcpy(out + (tile.a + i) * b_rows + tile.b, landing[turn].data() + i * tile.b_rows,
                  tile.b_rows * sizeof(double));
    }
    under_way[turn].a_rows = 0;
  };
  int turn = 0;
  for (std::size_t first_b = 0; first_b < b_rows; first_b += b_most) {
    const std::size_t some_b = std::min(b_most, b_rows - first_b);
    for (std::size_t first_a = 0; first_a < a_rows; first_a += a_most) {
      job.check();
      const std::size_t some_a = std::min(a_most, a_rows - first_a);
      land(turn);
      square_distances({left.bring(first_a, some_a, stream), right.bring(first_b, some_b, stream), some_a, some_b,
                        columns, results[turn].data(), some_b, false, !squared},
                       stream);
      copy_to_host(landing[turn].data(), results[turn].data(), some_a * some_b * sizeof(double), stream);
      record(done[turn], stream);
      under_way[turn] = {first_a, some_a, first_b, some_b};
      turn ^= 1;
    }
  }
  land(turn);
  land(turn ^ 1);
}

}  // namespace svp::cuda

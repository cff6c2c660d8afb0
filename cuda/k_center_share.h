// One device's share of the pool: a range of rows, their state, and, where they fit, their features. Where they do not,
// features pass through two buffers in tiles, once for every batch of centers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "arrays.h"
#include "feature_reader.h"
#include "k_center_kernels.h"
#include "svp/backend.h"

namespace svp::cuda {

// What is the same for all devices.
struct PoolFacts {
  const FeatureReader* reader;
  const Job* job;
  std::vector<float> mean;  // μ
  double scale = 1;         // s
  FilterType type = FilterType::brain;
  std::size_t block = 0;    // most members of a block
  std::size_t pairs = 0;    // most entries of the list of pairs
  std::size_t batch = 0;    // most centers applied at once
};

class KCenterShare {
 public:
  // Allocates within `memory` bytes. Throws Error(memory) where that cannot be, having freed what it had.
  KCenterShare(int device, std::size_t begin, std::size_t end, const PoolFacts& facts, std::size_t memory);

  int device() const { return device_; }
  std::size_t begin() const { return begin_; }
  std::size_t rows() const { return rows_; }
  bool resident() const { return tile_rows_ >= rows_; }
  int processors() const { return processors_; }
  Stream stream() const { return stream_; }
  const float* features() const { return tiles_[0].x.data(); }  // where resident
  std::size_t bytes() const { return bytes_; }

  // Forgets all state, then takes the first state_rows of what is given (rows of the whole pool; null: none).
  void set_state(const KCenterState* state);
  void read_state(KCenterState& state);
  double read_m(std::size_t row);
  void mark(const std::vector<std::uint32_t>& rows);  // of the whole pool; those elsewhere are passed over

  // Centers for the next apply(): from the host (count × columns), or rows of this share where it is resident.
  void set_centers(const float* features, std::size_t count);
  void gather_centers(const std::vector<std::uint32_t>& rows);
  // They become part of m and nearest of every row; `position` is the first one's. `exactly`: without the filter.
  void apply(std::size_t count, std::uint32_t position, bool exactly);

  // Queues the choice of the `wanted` farthest; selected() waits for it. Rows are of the whole pool.
  void select(std::size_t wanted);
  SelectHeader selected(std::vector<Member>& members);
  // Pairs that went to float64, as of the last selected().
  std::uint64_t decided() const { return decided_; }

  // From now on rows are filtered as `type`; false, and as before, where there is no memory for that.
  bool change_type(FilterType type);

 private:
  struct Tile {
    DeviceArray<float> x;
    DeviceArray<unsigned char> z;
    std::size_t first = kNothing;  // of the share's rows
    std::size_t count = 0;
    bool mapped = false;
    OwnedEvent copied;
    OwnedEvent used;
  };
  static constexpr std::size_t kNothing = ~std::size_t{0};

  void allocate(std::size_t memory);
  void upload(const std::uint32_t* rows, std::size_t count);
  Tile& load_tile(std::size_t index);
  void map_tile(Tile& tile);
  void filter_tile(Tile& tile, std::size_t count, std::uint32_t position);
  void keep_pace();

  const int device_;
  const std::size_t begin_;
  const std::size_t rows_;
  const PoolFacts& facts_;
  FilterType type_;
  int processors_ = 1;
  std::size_t bytes_ = 0;
  std::size_t tile_rows_ = 0;
  OwnedStream stream_;
  OwnedStream copies_;
  OwnedEvent paces_[2];
  unsigned pace_ = 0;
  double queued_ = 0;  // operations since the last look at the cancel flag
  DeviceArray<double> m_;
  DeviceArray<std::uint32_t> nearest_;
  DeviceArray<std::uint8_t> taken_;
  DeviceArray<float> half_, radius_, mean_;
  DeviceArray<float> center_x_, center_half_, center_radius_;
  DeviceArray<unsigned char> center_z_;
  DeviceArray<Pair> pairs_;
  DeviceArray<double> squares_;
  DeviceArray<unsigned long long> counts_;  // of the list; of all lists since the last decided()
  DeviceArray<std::uint32_t> rows_given_;
  DeviceArray<unsigned char> select_work_;
  DeviceArray<SelectHeader> header_;
  DeviceArray<Member> members_;
  Tile tiles_[2];
  PinnedArray<float> staging_[2];
  OwnedEvent staged_[2];
  unsigned staging_turn_ = 0;
  PinnedArray<std::uint32_t> uploads_;  // rows on their way to the device
  OwnedEvent uploaded_;
  struct Results {
    SelectHeader header;
    unsigned long long counts[2];
  };
  PinnedArray<Results> results_;
  PinnedArray<Member> found_;
  std::uint64_t decided_ = 0;
};

}  // namespace svp::cuda

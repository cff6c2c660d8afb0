// Greedy k-centers on one or more devices: what svp::KCenterBackend asks for. Unlike the processor's, this backend keeps
// no row asleep: each round's picks go to all rows at once in one dense product, because tensor cores do that faster than
// a device finds out which rows matter. So every m is exact for the first applied_ centers, the same for all rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "k_center_share.h"

namespace svp::cuda {

constexpr std::size_t kFirstBlock = 64;
constexpr std::size_t kSmallestBlock = 32;
constexpr std::uint32_t kMostPicks = 1024;  // of one start of the picking kernel

class KCenters {
 public:
  KCenters(const SvpCudaFeatures& features, const SvpCudaJob& job, std::vector<int> devices, std::string settings,
           std::size_t block);

  void load(double largest, std::uint32_t first_center);
  void restore(double largest, std::vector<std::uint32_t> centers, const KCenterState& state);
  void add_center(std::uint32_t row);
  double distance(std::uint32_t row);
  double open_round();
  const std::vector<SvpCudaPick>& pick(std::size_t limit, double stop);
  void refresh_all();
  void read_state(KCenterState& state);
  void counters(SvpCudaCounters& out) const;

 private:
  void prepare(double largest);
  void make_shares(double share_of_memory);
  void apply_pending();
  void apply_batch(std::size_t count, bool exactly);
  void mark_pending();
  void find_mean();
  void adapt_block();
  bool single() const { return shares_.size() == 1 && shares_[0]->resident(); }

  const FeatureReader reader_;
  const Job job_;
  const std::vector<int> devices_;
  const std::string settings_;
  const std::size_t wanted_block_;
  PoolFacts facts_;
  std::vector<std::unique_ptr<KCenterShare>> shares_;

  std::vector<std::uint32_t> centers_;
  std::size_t applied_ = 0;  // centers that every row has heard of
  std::size_t marked_ = 0;   // centers that the devices know to be out of the race
  double farthest_ = -1;     // of the last round's opening

  // The block, on the first share's device.
  std::size_t block_size_ = 0;
  bool block_open_ = false;
  std::size_t block_count_ = 0;
  std::size_t block_picked_ = 0;
  SelectHeader boundary_{};
  std::vector<Member> members_;
  DeviceArray<Member> block_members_;
  DeviceArray<float> block_x_;
  DeviceArray<std::uint32_t> block_rows_;
  DeviceArray<double> squares_;
  DeviceArray<PickHeader> pick_header_;
  DeviceArray<Pick> pick_list_;
  PinnedArray<Member> block_upload_;
  PinnedArray<std::uint32_t> rows_upload_;
  PinnedArray<PickHeader> pick_result_;
  PinnedArray<Pick> picks_result_;
  std::vector<SvpCudaPick> picks_;
  std::vector<float> host_rows_;
  SvpCudaCounters counters_{};
  std::uint64_t pairs_before_ = 0;
  std::uint64_t decided_before_ = 0;
};

}  // namespace svp::cuda

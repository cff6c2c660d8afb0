// A selection in the middle, on disk: picks, radii and the state of every point. Two generations, each written whole
// (temporary file, fsync, rename) and checked by length and checksum, so that a torn or damaged one is never used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "svp/k_center_greedy.h"

namespace svp {

struct KCenterCheckpoint {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;
  std::uint64_t data_hash = 0;
  std::uint64_t options_hash = 0;
  std::uint64_t run = 0;  // the run in progress; those before it are finished
  std::vector<std::uint64_t> picked;
  std::vector<std::uint32_t> indices;
  std::vector<double> radii;
  KCenterState state;  // of the run in progress
};

// What write_checkpoint saves, without copying it.
struct KCenterCheckpointView {
  std::uint64_t rows;
  std::uint64_t columns;
  std::uint64_t data_hash;
  std::uint64_t run;
  const std::uint32_t* indices;
  const double* radii;
  std::uint64_t done;
  std::vector<std::uint64_t> picked;
  const KCenterState* state;
};

// Throws Error(write) with the older generations intact and no temporary file left.
void write_checkpoint(const std::string& path, const KCenterCheckpointView& view, const KCenterOptions& options);

// The newest usable generation; false if there is none at all. Throws Error(checkpoint) if there are files but none is
// usable.
bool read_checkpoint(const std::string& path, KCenterCheckpoint& checkpoint);

// Throws Error(checkpoint) unless `saved` is of these options and of these features or of their first rows.
void require_matching(const KCenterCheckpoint& saved, const KCenterOptions& options, const FeatureSource& features,
                      std::uint64_t prefix_hash, const std::string& path);

}  // namespace svp

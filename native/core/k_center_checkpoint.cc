#include "core/k_center_checkpoint.h"

#include <algorithm>
#include <cstring>

#include "core/checked_file.h"
#include "svp/error.h"

namespace svp {

namespace {

constexpr char kMagic[8] = {'S', 'V', 'P', 'K', 'C', 'T', 'R', '1'};

std::string previous(const std::string& path) { return path + ".previous"; }

class Hash {
 public:
  void add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9fb21c651e98df25u;
    state_ ^= state_ >> 28;
  }
  void add(const std::vector<std::uint32_t>& values) {
    add(values.size());
    for (const std::uint32_t value : values) add(static_cast<std::uint64_t>(value));
  }
  void add(const std::string& text) {
    add(text.size());
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x27220a957fc2e61fu;
};

// What the picks depend on besides the features. A selection is a prefix of any larger one, so the budget and the
// radius are left out, except where several runs follow each other in the output. So are the first picks: `identity`
// says how they were drawn, and they are among those saved.
std::uint64_t hash_of(const KCenterOptions& options) {
  Hash hash;
  hash.add(options.identity);
  hash.add(options.cosine ? 1u : 0u);
  hash.add(options.runs.size());
  for (const KCenterRun& run : options.runs) {
    hash.add(run.whole_pool ? 1u : 0u);
    hash.add(run.rows);
    hash.add(run.initial);
    if (options.runs.size() > 1) hash.add(run.budget);
  }
  return hash.value();
}

KCenterCheckpoint parse(const std::string& file) {
  CheckedReader in(file, kMagic);
  KCenterCheckpoint c;
  c.options_hash = in.number();
  c.data_hash = in.number();
  c.rows = in.number();
  c.columns = in.number();
  c.run = in.number();
  c.picked = in.array<std::uint64_t>();
  c.indices = in.array<std::uint32_t>();
  c.radii = in.array<double>();
  c.state.m = in.array<double>();
  c.state.applied = in.array<std::uint32_t>();
  c.state.nearest = in.array<std::uint32_t>();
  in.finish();
  std::uint64_t done = 0;
  for (const std::uint64_t picked : c.picked) done += picked;
  if (done != c.indices.size() || done != c.radii.size() || c.state.m.size() != c.state.applied.size() ||
      c.state.m.size() != c.state.nearest.size() || c.run >= c.picked.size()) {
    throw Error(ErrorCode::checkpoint, file + " contradicts itself.");
  }
  return c;
}

}  // namespace

void write_checkpoint(const std::string& path, const KCenterCheckpointView& view, const KCenterOptions& options) {
  CheckedWriter out(path, kMagic);
  out.number(hash_of(options));
  out.number(view.data_hash);
  out.number(view.rows);
  out.number(view.columns);
  out.number(view.run);
  out.array(view.picked.data(), view.picked.size());
  out.array(view.indices, view.done);
  out.array(view.radii, view.done);
  out.array(view.state->m.data(), view.state->m.size());
  out.array(view.state->applied.data(), view.state->applied.size());
  out.array(view.state->nearest.data(), view.state->nearest.size());
  out.commit(previous(path));
}

bool read_checkpoint(const std::string& path, KCenterCheckpoint& checkpoint) {
  std::string failures;
  for (const std::string& file : {path, previous(path)}) {
    if (!file_exists(file)) continue;
    try {
      checkpoint = parse(file);
      return true;
    } catch (const Error& error) {
      if (error.code != ErrorCode::checkpoint) throw;
      failures += (failures.empty() ? "" : " ") + std::string(error.what());
    }
  }
  if (failures.empty()) return false;
  throw Error(ErrorCode::checkpoint, failures + " Delete it to start over.");
}

void require_matching(const KCenterCheckpoint& saved, const KCenterOptions& options, const FeatureSource& features,
                      std::uint64_t prefix_hash, const std::string& path) {
  const auto other = [&](const std::string& what) -> Error {
    return Error(ErrorCode::checkpoint,
                 path + " belongs to " + what + ". Delete it or name another file to start over.");
  };
  if (saved.columns != features.columns()) {
    throw other("features of " + std::to_string(saved.columns) + " columns, not " + std::to_string(features.columns()));
  }
  if (saved.rows > features.rows()) {
    throw other("a pool of " + std::to_string(saved.rows) + " rows, not " + std::to_string(features.rows()));
  }
  if (saved.data_hash != prefix_hash) throw other("other features");
  if (saved.options_hash != hash_of(options)) {
    throw other("other options (start, seed, initial pool, metric or classes)");
  }
  if (saved.rows < features.rows() && !options.runs.front().whole_pool) {
    throw other("a smaller pool; rows can be appended only where the selection is not per class");
  }
}

}  // namespace svp

#include "k_center_share.h"

#include <algorithm>
#include <cstring>

namespace svp::cuda {

namespace {

constexpr std::size_t kStagingBytes = std::size_t{32} << 20;
constexpr std::size_t kUploadRows = 65536;
// Operations of the filter between two looks at the cancel flag: 10 to 100 ms, two of which may be queued.
constexpr double kPace = 4e12;

int used(int device) {
  use_device(device);
  return device;
}

}  // namespace

KCenterShare::KCenterShare(int device, std::size_t begin, std::size_t end, const PoolFacts& facts, std::size_t memory)
    : device_(used(device)), begin_(begin), rows_(end - begin), facts_(facts), type_(facts.type) {
  processors_ = device_facts(device).processors;
  allocate(memory);
}

void KCenterShare::allocate(std::size_t memory) {
  const std::size_t columns = facts_.reader->columns();
  const std::size_t per_row = columns * sizeof(float) + filter_row_bytes(type_, columns);
  const std::size_t state = sizeof(double) + 2 * sizeof(std::uint32_t) + sizeof(std::uint8_t) + sizeof(float);
  const std::size_t widest = filter_row_bytes(FilterType::tensor, columns);
  std::size_t fixed = rows_ * state + columns * sizeof(float) + select_work_bytes() + kUploadRows * 4 + 4096;
  fixed += facts_.batch * (columns * sizeof(float) + widest + 2 * sizeof(float));
  fixed += facts_.pairs * (sizeof(Pair) + sizeof(double)) + facts_.block * sizeof(Member);
  if (memory < fixed || (memory - fixed) / per_row < 2 * kTile) {
    throw Error(ErrorCode::memory, std::to_string(rows_) + " rows of " + std::to_string(columns) + " columns need " +
                                       std::to_string(fixed + 2 * kTile * per_row) + " bytes on the device at least, of "
                                       "which it can give " + std::to_string(memory) + ".");
  }
  tile_rows_ = (memory - fixed) / per_row >= rows_ ? std::max(rows_, std::size_t{1})
                                                    : (memory - fixed) / per_row / 2 / kTile * kTile;
  m_.resize(rows_);
  nearest_.resize(rows_);
  taken_.resize(rows_);
  half_.resize(rows_);
  radius_.resize(rows_);
  mean_.resize(columns);
  center_x_.resize(facts_.batch * columns);
  center_half_.resize(facts_.batch);
  center_radius_.resize(facts_.batch);
  center_z_.resize(facts_.batch * widest);
  pairs_.resize(facts_.pairs);
  squares_.resize(facts_.pairs);
  counts_.resize(2);
  rows_given_.resize(kUploadRows);
  select_work_.resize(select_work_bytes());
  header_.resize(1);
  members_.resize(facts_.block);
  bytes_ = fixed;
  for (std::size_t t = 0; t < (resident() ? 1u : 2u); t++) {
    tiles_[t].x.resize(tile_rows_ * columns);
    tiles_[t].z.resize(tile_rows_ * filter_row_bytes(type_, columns));
    bytes_ += tiles_[t].x.bytes() + tiles_[t].z.bytes();
  }
  const std::size_t staged = std::clamp<std::size_t>(kStagingBytes / std::max<std::size_t>(1, columns * 4), 1, tile_rows_);
  for (PinnedArray<float>& buffer : staging_) buffer.resize(staged * columns);
  uploads_.resize(kUploadRows);
  results_.resize(1);
  found_.resize(facts_.block);
  copy_to_device(mean_.data(), facts_.mean.data(), columns * sizeof(float), stream_);
  fill_device(counts_.data(), 0, counts_.bytes(), stream_);
}

void KCenterShare::set_state(const KCenterState* state) {
  use_device(device_);
  reset_state(m_.data(), nearest_.data(), taken_.data(), rows_, processors_, stream_);
  if (state == nullptr || state->m.size() <= begin_) return;
  const std::size_t known = std::min(rows_, state->m.size() - begin_);
  copy_to_device(m_.data(), state->m.data() + begin_, known * sizeof(double), stream_);
  copy_to_device(nearest_.data(), state->nearest.data() + begin_, known * sizeof(std::uint32_t), stream_);
  synchronize(stream_);
}

void KCenterShare::read_state(KCenterState& state) {
  use_device(device_);
  copy_to_host(state.m.data() + begin_, m_.data(), rows_ * sizeof(double), stream_);
  copy_to_host(state.nearest.data() + begin_, nearest_.data(), rows_ * sizeof(std::uint32_t), stream_);
  synchronize(stream_);
}

double KCenterShare::read_m(std::size_t row) {
  use_device(device_);
  double m = 0;
  copy_to_host(&m, m_.data() + (row - begin_), sizeof(m), stream_);
  synchronize(stream_);
  return m;
}

// At most kUploadRows rows into rows_given_, counted from this share's first.
void KCenterShare::upload(const std::uint32_t* rows, std::size_t count) {
  synchronize_event(uploaded_);
  for (std::size_t i = 0; i < count; i++) uploads_[i] = static_cast<std::uint32_t>(rows[i] - begin_);
  copy_to_device(rows_given_.data(), uploads_.data(), count * sizeof(std::uint32_t), stream_);
  record(uploaded_, stream_);
}

void KCenterShare::mark(const std::vector<std::uint32_t>& rows) {
  use_device(device_);
  std::vector<std::uint32_t> mine;
  for (const std::uint32_t row : rows) {
    if (row >= begin_ && row - begin_ < rows_) mine.push_back(row);
  }
  for (std::size_t at = 0; at < mine.size(); at += kUploadRows) {
    const std::size_t count = std::min(kUploadRows, mine.size() - at);
    upload(mine.data() + at, count);
    mark_taken(rows_given_.data(), count, taken_.data(), stream_);
  }
}

void KCenterShare::set_centers(const float* features, std::size_t count) {
  use_device(device_);
  copy_to_device(center_x_.data(), features, count * facts_.reader->columns() * sizeof(float), stream_);
}

void KCenterShare::gather_centers(const std::vector<std::uint32_t>& rows) {
  use_device(device_);
  load_tile(0);
  upload(rows.data(), rows.size());
  gather_rows(features(), facts_.reader->columns(), rows_given_.data(), rows.size(), center_x_.data(), processors_,
              stream_);
}

KCenterShare::Tile& KCenterShare::load_tile(std::size_t index) {
  Tile& tile = tiles_[resident() ? 0 : index % 2];
  const std::size_t first = index * tile_rows_;
  if (tile.first == first) return tile;
  const std::size_t columns = facts_.reader->columns();
  const std::size_t count = std::min(tile_rows_, rows_ - first);
  const std::size_t staged = staging_[0].size() / std::max<std::size_t>(1, columns);
  tile.first = kNothing;
  tile.mapped = false;
  wait(copies_, tile.used);  // by the kernels that still read what was here
  for (std::size_t at = 0; at < count; at += staged) {
    facts_.job->check();
    const std::size_t rows = std::min(staged, count - at);
    const unsigned turn = staging_turn_;
    staging_turn_ ^= 1;
    synchronize_event(staged_[turn]);
    const std::size_t from = begin_ + first + at;
    facts_.reader->read(rows, staging_[turn].data(), [&](std::size_t j) { return from + j; });
    copy_to_device(tile.x.data() + at * columns, staging_[turn].data(), rows * columns * sizeof(float), copies_);
    record(staged_[turn], copies_);
  }
  record(tile.copied, copies_);
  wait(stream_, tile.copied);
  tile.first = first;
  tile.count = count;
  return tile;
}

void KCenterShare::map_tile(Tile& tile) {
  if (tile.mapped) return;
  const std::size_t columns = facts_.reader->columns();
  const FilterBound bound = filter_bound(filter_row_length(type_, columns), columns);
  map_rows({tile.x.data(), tile.count, columns, mean_.data(), facts_.scale, bound, tile.z.data(),
            half_.data() + tile.first, radius_.data() + tile.first},
           type_, processors_, stream_);
  tile.mapped = true;
}

void KCenterShare::keep_pace() {
  if (queued_ < kPace) return;
  queued_ = 0;
  record(paces_[pace_], stream_);
  pace_ ^= 1;
  synchronize_event(paces_[pace_]);
  facts_.job->check();
}

void KCenterShare::filter_tile(Tile& tile, std::size_t count, std::uint32_t position) {
  const std::size_t columns = facts_.reader->columns();
  const std::size_t row_bytes = filter_row_bytes(type_, columns);
  const FilterBound bound = filter_bound(filter_row_length(type_, columns), columns);
  // The list has room for every pair of a launch, so that nothing is ever lost and nobody has to look.
  const std::size_t most_rows = std::min(facts_.pairs / count, std::size_t{65535} * kTile) / kTile * kTile;
  for (std::size_t at = 0; at < tile.count; at += most_rows) {
    const std::size_t rows = std::min(most_rows, tile.count - at);
    const std::size_t row = tile.first + at;
    fill_device(counts_.data(), 0, sizeof(unsigned long long), stream_);
    FilterTask task{};
    task.row_z = tile.z.data() + at * row_bytes;
    task.row_half = half_.data() + row;
    task.row_radius = radius_.data() + row;
    task.m = m_.data() + row;
    task.center_z = center_z_.data();
    task.center_half = center_half_.data();
    task.center_radius = center_radius_.data();
    task.rows = static_cast<std::uint32_t>(rows);
    task.centers = static_cast<std::uint32_t>(count);
    task.row_bytes = static_cast<std::uint32_t>(row_bytes);
    task.scale_square = facts_.scale * facts_.scale;
    task.inflate = bound.inflate;
    task.pairs = pairs_.data();
    task.count = counts_.data();
    filter_pairs(task, type_, stream_);
    refine_pairs({tile.x.data() + at * columns, center_x_.data(), columns, pairs_.data(), counts_.data(),
                  squares_.data(), m_.data() + row, nearest_.data() + row, position, counts_.data() + 1},
                 processors_, stream_);
    queued_ += 2.0 * static_cast<double>(rows) * static_cast<double>(count) * static_cast<double>(columns + 32);
    keep_pace();
  }
}

void KCenterShare::apply(std::size_t count, std::uint32_t position, bool exactly) {
  use_device(device_);
  const std::size_t columns = facts_.reader->columns();
  if (!exactly) {
    const FilterBound bound = filter_bound(filter_row_length(type_, columns), columns);
    map_rows({center_x_.data(), count, columns, mean_.data(), facts_.scale, bound, center_z_.data(),
              center_half_.data(), center_radius_.data()},
             type_, processors_, stream_);
  }
  for (std::size_t index = 0; index * tile_rows_ < rows_; index++) {
    facts_.job->check();
    Tile& tile = load_tile(index);
    if (exactly) {
      for (std::size_t c = 0; c < count; c++) {
        apply_center({tile.x.data(), tile.count, columns, center_x_.data() + c * columns,
                      position + static_cast<std::uint32_t>(c), m_.data() + tile.first, nearest_.data() + tile.first},
                     processors_, stream_);
      }
    } else {
      map_tile(tile);
      filter_tile(tile, count, position);
    }
    record(tile.used, stream_);
  }
}

void KCenterShare::select(std::size_t wanted) {
  use_device(device_);
  select_farthest({m_.data(), taken_.data(), static_cast<std::uint32_t>(rows_), static_cast<std::uint32_t>(wanted),
                   select_work_.data(), header_.data(), members_.data()},
                  processors_, stream_);
  copy_to_host(&results_[0].header, header_.data(), sizeof(SelectHeader), stream_);
  copy_to_host(results_[0].counts, counts_.data(), sizeof(results_[0].counts), stream_);
  copy_to_host(found_.data(), members_.data(), wanted * sizeof(Member), stream_);
}

SelectHeader KCenterShare::selected(std::vector<Member>& members) {
  use_device(device_);
  synchronize(stream_);
  SelectHeader header = results_[0].header;
  decided_ = results_[0].counts[1];
  for (std::uint32_t i = 0; i < header.members; i++) {
    Member member = found_[i];
    member.row += static_cast<std::uint32_t>(begin_);
    members.push_back(member);
  }
  if (header.more != 0) header.boundary_row += static_cast<std::uint32_t>(begin_);
  return header;
}

bool KCenterShare::change_type(FilterType type) {
  use_device(device_);
  synchronize(stream_);
  const FilterType before = type_;
  const auto resize = [&](FilterType wanted) {
    for (Tile& tile : tiles_) {
      if (tile.x.size() == 0) continue;
      tile.z.resize(0);
      tile.z.resize(tile_rows_ * filter_row_bytes(wanted, facts_.reader->columns()));
      tile.mapped = false;
    }
    type_ = wanted;
  };
  try {
    resize(type);
    return true;
  } catch (const Error& error) {
    if (error.code != ErrorCode::memory) throw;
    resize(before);
    return false;
  }
}

}  // namespace svp::cuda

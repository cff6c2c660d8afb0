#include "core/fasttext_words.h"

#include "svp/error.h"

namespace svp {

namespace {

// FNV's low bits alone cluster; the number of slots is a power of two.
std::size_t first_slot(std::uint32_t hash, std::size_t mask) {
  return static_cast<std::size_t>((hash * 0x9e3779b97f4a7c15u) >> 20) & mask;
}

}  // namespace

std::uint32_t FastTextWords::find(std::string_view word, std::uint32_t hash) const {
  if (slots_.empty()) return kNoWord;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = first_slot(hash, mask);; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) return kNoWord;
    const std::uint32_t id = slots_[slot] - 1;
    if (hashes_[id] == hash && this->word(id) == word) return id;
  }
}

std::uint32_t FastTextWords::add(std::string_view word, std::uint32_t hash) {
  if (3 * (hashes_.size() + 1) > 2 * slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = first_slot(hash, mask);; slot = (slot + 1) & mask) {
    if (slots_[slot] == 0) {
      if (hashes_.size() >= 0x7fffffffu) throw Error(ErrorCode::memory, "The text has more than 2^31 different words.");
      bytes_.append(word);
      ends_.push_back(bytes_.size());
      hashes_.push_back(hash);
      slots_[slot] = static_cast<std::uint32_t>(hashes_.size());
      return slots_[slot] - 1;
    }
    const std::uint32_t id = slots_[slot] - 1;
    if (hashes_[id] == hash && this->word(id) == word) return id;
  }
}

void FastTextWords::grow() {
  slots_.assign(slots_.empty() ? 1024 : 2 * slots_.size(), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t id = 0; id < hashes_.size(); id++) {
    std::size_t slot = first_slot(hashes_[id], mask);
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(id + 1);
  }
}

}  // namespace svp

// A table of distinct byte strings, numbered in the order of their arrival. Words of a corpus, words of a model, labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace svp {

constexpr std::uint32_t kNoWord = 0xffffffffu;

// FNV-1a over the bytes, sign-extended as the fastText of Joulin et al. does: its n-gram buckets are made of these.
inline std::uint32_t fasttext_hash(std::string_view word) {
  std::uint32_t h = 2166136261u;
  for (const char c : word) h = (h ^ static_cast<std::uint32_t>(static_cast<std::int8_t>(c))) * 16777619u;
  return h;
}

class FastTextWords {
 public:
  std::size_t size() const { return hashes_.size(); }
  std::string_view word(std::size_t id) const {
    return std::string_view(bytes_).substr(ends_[id], ends_[id + 1] - ends_[id]);
  }
  std::uint32_t hash(std::size_t id) const { return hashes_[id]; }

  // The word's number, or kNoWord.
  std::uint32_t find(std::string_view word, std::uint32_t hash) const;
  // The same; a new word gets the next number. Throws Error(memory) from 2^31 words on.
  std::uint32_t add(std::string_view word, std::uint32_t hash);

 private:
  void grow();

  std::string bytes_;
  std::vector<std::uint64_t> ends_{0};
  std::vector<std::uint32_t> hashes_;
  std::vector<std::uint32_t> slots_;  // open addressing, a power of two, at most two thirds full; word number + 1, 0: free
};

}  // namespace svp

// Random numbers by position instead of by sequence: the initial value of any row can be had without those before it.
// That is what lets a model keep only the rows that its training text touches and still be the model of the full table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace svp {

// The finaliser of SplitMix64 (Steele, Lea & Flood 2014): a permutation of 64 bits.
inline std::uint64_t fasttext_mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

constexpr std::uint64_t kFastTextGolden = 0x9e3779b97f4a7c15u;

// Rows of words and of n-gram buckets draw from different streams. A word's number here is its hash, so that its first
// values are the same in every vocabulary; an n-gram's is its bucket.
enum class FastTextRow : std::uint64_t { word = 0, ngram = 1 };

// The first values of a row: uniform in [−1/dim, 1/dim), two columns a draw. The rest of the stride becomes 0.
inline void fasttext_first_values(std::uint64_t seed, FastTextRow kind, std::uint64_t id, std::size_t dim,
                                  std::size_t stride, float* row) {
  const float scale = 1.0f / static_cast<float>(dim);
  const std::uint64_t state = fasttext_mix(fasttext_mix(seed + kFastTextGolden) +
                                           (2 * id + static_cast<std::uint64_t>(kind) + 1) * kFastTextGolden);
  std::size_t k = 0;
  for (; k < dim; k += 2) {
    const std::uint64_t draw = fasttext_mix(state + (k / 2 + 1) * kFastTextGolden);
    const float low = static_cast<float>(static_cast<std::uint32_t>(draw) >> 8) * 0x1p-23f - 1.0f;
    const float high = static_cast<float>(static_cast<std::uint32_t>(draw >> 32) >> 8) * 0x1p-23f - 1.0f;
    row[k] = low * scale;
    row[k + 1] = k + 1 < dim ? high * scale : 0.0f;  // the stride is even
  }
  for (; k < stride; k++) row[k] = 0.0f;
}

// The order of an epoch's presentations: Fisher-Yates from the identity, so that it depends on nothing but these numbers.
template <typename Indices>
void fasttext_shuffle(std::uint64_t seed, std::uint64_t epoch, Indices& order) {
  const std::uint64_t state = fasttext_mix(fasttext_mix(seed + 2 * kFastTextGolden) + (epoch + 1) * kFastTextGolden);
  for (std::size_t i = order.size(); i > 1; i--) {
    const std::uint64_t draw = fasttext_mix(state + i * kFastTextGolden) >> 32;
    const std::size_t j = static_cast<std::size_t>((draw * i) >> 32);  // i ≤ 2^32
    const auto held = order[i - 1];
    order[i - 1] = order[j];
    order[j] = held;
  }
}

}  // namespace svp

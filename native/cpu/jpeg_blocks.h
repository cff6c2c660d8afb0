// The blocks of a baseline JPEG scan (ITU-T T.81, annex F.2). A chain of look-ups, each of which says by how many bits
// the next one moves: 7 cycles a link on current processors (shift, load, shift), and most links hold two coefficients
// or one and the end.
#pragma once

#include <cstring>

#include "svp/jpeg_scan.h"

namespace svp::cpu {

namespace {

// The bits in registers while blocks are read. Of `held` the lowest six bits count: subtracting a whole step saves an
// operation.
struct BlockBits {
  std::uint64_t bits;
  std::uint64_t held;
  const std::uint8_t* at;

  // 56 bits or more, without a branch.
  void fill() {
    std::uint64_t next;
    std::memcpy(&next, at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    next = __builtin_bswap64(next);
#endif
    bits |= next >> (held & 63);
    at += (~held & 63) >> 3;
    held |= 56;
  }
  std::size_t look() const { return bits >> (64 - JpegCodes::kLookBits); }
  // The lowest six bits of n count.
  void drop(std::uint64_t n) {
    bits <<= n & 63;
    held -= n;
  }

  // The next code's symbol; −1: no code is like that. 16 bits at most.
  int symbol(const JpegCodes& codes) {
    const std::uint16_t found = codes.look[look()];
    if (found != 0) {
      drop(found >> 8);
      return found & 255;
    }
    const std::int32_t next = static_cast<std::int32_t>(bits >> 48);
    for (int n = JpegCodes::kLookBits + 1; n <= 16; n++) {
      if (next >= codes.limit[n]) continue;
      const std::int32_t index = (next >> (16 - n)) + codes.offset[n];
      if (index < 0 || index > 255) break;
      drop(n);
      return codes.symbols[index];
    }
    return -1;
  }
  // A number of n < 16 bits as JPEG writes differences: below half is negative (F.2.2.1, EXTEND).
  std::int32_t extend(int n) {
    const std::uint64_t below = static_cast<std::uint64_t>(static_cast<std::int64_t>(~bits) >> 63);
    // Two shifts, because n may be 0.
    const std::int32_t raw = static_cast<std::int32_t>(bits >> 1 >> (63 - n));
    const std::int32_t most = static_cast<std::int32_t>(below >> 1 >> (63 - n));
    drop(n);
    return raw - most;
  }
};

// What the next code is, one bit after the other, where no step says it: the index after it; kWrong: the data cannot
// be. `ends`: it is the block's last.
constexpr std::size_t kWrong = ~std::size_t{0};

template <bool kKeep>
inline std::size_t single_code(BlockBits& b, const JpegCodes& ac, std::size_t k, bool* ends, std::int16_t* out) {
  b.fill();
  const int symbol = b.symbol(ac);
  const int size = symbol & 15;
  if (symbol < 0) return kWrong;
  if (symbol == 0xf0) {
    k += 16;
  } else if (size == 0) {
    // A run alone is no code here.
    if (symbol != 0) return kWrong;
    *ends = true;
  } else {
    k += static_cast<std::size_t>(symbol >> 4) + 1;
    if (k > 63) return kWrong;
    const std::int32_t value = b.extend(size);
    if (kKeep) out[kJpegPlaces.at[k]] = static_cast<std::int16_t>(value);
  }
  *ends |= k >= 63;
  return k;
}

// False: the data cannot be.
template <bool kKeep>
inline bool read_block(BlockBits& b, JpegBlock& block, std::int16_t* out) {
  const JpegCodes& ac = *block.ac;
  b.fill();
  const int size = b.symbol(*block.dc);
  if (size < 0 || size > 11) return false;
  const std::int32_t mean = *block.prediction += b.extend(size);
  if (mean < -32768 || mean > 32767) return false;
  std::size_t k = 0;
  for (bool ends = false; !ends;) {
    b.fill();
    std::uint64_t step = 0;
    // 56 bits are five steps.
    for (int i = 0; i < 5; i++) {
      step = ac.steps[b.look()];
      const std::size_t second = k + JpegStep::second(step);
      // A block whose last place is taken ends without a code, so that what follows must not be looked at.
      if (second > 62) goto special;
      if (kKeep) {
        out[kJpegPlaces.at[k + JpegStep::first(step)]] = JpegStep::value(step);
        out[kJpegPlaces.at[second]] = JpegStep::next_value(step);
      }
      b.drop(step);
      k = second;
    }
    continue;
  special:
    const std::size_t first = k + JpegStep::first(step) % JpegStep::kFar;
    if (JpegStep::kind(step) == JpegStep::last && first < 63) {
      // Where there is no coefficient, this writes to the place of the mean, whose turn is still to come.
      if (kKeep) out[kJpegPlaces.at[k + JpegStep::first(step)]] = JpegStep::value(step);
      b.drop(step);
      k = first;
      break;
    }
    k = single_code<kKeep>(b, ac, k, &ends, out);
    if (k == kWrong) return false;
  }
  if (kKeep) out[0] = static_cast<std::int16_t>(mean);
  block.mean_only = k == 0;
  return true;
}

template <bool kKeep>
inline bool read_blocks(JpegBitState* state, JpegBlock* blocks, std::size_t count, std::int16_t* out) {
  BlockBits b = {state->bits, static_cast<std::uint64_t>(state->held), state->at};
  for (std::size_t n = 0; n < count; n++) {
    if (b.at - state->end > JpegBitState::kMostAhead ||
        !read_block<kKeep>(b, blocks[n], kKeep ? out + 64 * n : nullptr)) {
      return false;
    }
  }
  state->bits = b.bits;
  state->held = static_cast<int>(b.held & 63);
  state->at = b.at;
  return true;
}

bool baseline_blocks(JpegBitState* state, JpegBlock* blocks, std::size_t count, std::int16_t* coefficients) {
  return coefficients != nullptr ? read_blocks<true>(state, blocks, count, coefficients)
                                 : read_blocks<false>(state, blocks, count, coefficients);
}

}  // namespace

}  // namespace svp::cpu

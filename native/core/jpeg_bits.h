// The bits of a JPEG file's scan (ITU-T T.81, annex F.2), a stretch between two markers at a time: copied without the
// zeros that are stuffed behind FF, so that reading needs not look for either. A code that the table has not and a read
// beyond the stretch's end make it fail, after which zeros come: callers ask once a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "svp/jpeg_scan.h"

namespace svp {

class JpegBits {
 public:
  // `memory` holds the stretch, and is kept by the caller from scan to scan.
  JpegBits(const std::uint8_t* at, const std::uint8_t* end, std::vector<std::uint8_t>* memory)
      : at_(at), end_(end), memory_(memory) {
    begin();
  }

  // The next `n` ≤ 16 bits.
  std::uint32_t take(int n) {
    need(n);
    // Two shifts, because n may be 0.
    const std::uint32_t bits = static_cast<std::uint32_t>(state_.bits >> 1 >> (63 - n));
    drop(n);
    return bits;
  }

  // A number of n bits as JPEG writes differences: below half is negative (F.2.2.1, EXTEND).
  std::int32_t extend(int n) {
    if (n == 0) return 0;
    const std::int32_t v = static_cast<std::int32_t>(take(n));
    return v < (1 << (n - 1)) ? v - (1 << n) + 1 : v;
  }

  std::uint8_t symbol(const JpegCodes& codes) {
    need(16);
    const std::uint16_t found = codes.look[state_.bits >> (64 - JpegCodes::kLookBits)];
    if (found == 0) return long_symbol(codes);
    drop(found >> 8);
    return static_cast<std::uint8_t>(found);
  }

  // A bit for each coefficient whose number is set in `which`, that makes it larger by `bit`, away from zero (G.1.2.3).
  void sharpen(std::uint64_t which, int bit, std::int16_t* coefficients);

  // For kernels that read by themselves.
  JpegBitState* state() { return &state_; }

  // Goes to the byte after the scan's bits: true if nothing but padding was left before the next marker.
  bool finish(const std::uint8_t** after);
  // At a restart: true if marker FFD0 + `number` stands here.
  bool restart(int number);

  bool failed() const { return failed_ || left() < 0; }

 private:
  void begin();
  // Bits of the stretch that were not used; negative: zeros behind it were.
  std::ptrdiff_t left() const { return 8 * (state_.end - state_.at) + state_.held; }
  void drop(int n) {
    state_.bits <<= n;
    state_.held -= n;
  }
  void need(int n) {
    if (state_.held < n) fill();
  }
  void fill() {
    if (state_.at - state_.end > JpegBitState::kMostAhead) {
      failed_ = true;
      state_.at = state_.end;
    }
    std::uint64_t next;
    std::memcpy(&next, state_.at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    next = __builtin_bswap64(next);
#endif
    state_.bits |= next >> state_.held;
    state_.at += (63 - state_.held) >> 3;
    state_.held |= 56;
  }
  std::uint8_t long_symbol(const JpegCodes& codes);

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::vector<std::uint8_t>* memory_;
  JpegBitState state_;
  bool failed_ = false;
};

}  // namespace svp

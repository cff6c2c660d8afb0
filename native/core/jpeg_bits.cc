#include "core/jpeg_bits.h"

namespace svp {

void JpegBits::begin() {
  const std::size_t most = static_cast<std::size_t>(end_ - at_) + JpegBitState::kPadding;
  if (memory_->size() < most) memory_->resize(most);
  std::uint8_t* to = memory_->data();
  state_ = {};
  state_.at = to;
  for (;;) {
    std::size_t plain = static_cast<std::size_t>(end_ - at_);
    const void* marker = plain == 0 ? nullptr : std::memchr(at_, 0xff, plain);
    if (marker != nullptr) plain = static_cast<std::size_t>(static_cast<const std::uint8_t*>(marker) - at_);
    if (plain > 0) std::memcpy(to, at_, plain);
    to += plain;
    at_ += plain;
    if (end_ - at_ < 2 || at_[1] != 0) break;
    *to++ = 0xff;
    at_ += 2;
  }
  std::memset(to, 0, JpegBitState::kPadding);
  state_.end = to;
}

std::uint8_t JpegBits::long_symbol(const JpegCodes& codes) {
  const std::int32_t next = static_cast<std::int32_t>(state_.bits >> 48);
  for (int bits = JpegCodes::kLookBits + 1; bits <= 16; bits++) {
    if (next >= codes.limit[bits]) continue;
    const std::int32_t index = (next >> (16 - bits)) + codes.offset[bits];
    if (index < 0 || index > 255) break;
    drop(bits);
    return codes.symbols[index];
  }
  failed_ = true;
  drop(1);
  return 0;
}

void JpegBits::sharpen(std::uint64_t which, int bit, std::int16_t* coefficients) {
  for (; which != 0; which &= which - 1) {
    std::int16_t& at = coefficients[kJpegPlaces.at[__builtin_ctzll(which)]];
    need(1);
    const int taken = static_cast<int>(state_.bits >> 63);
    drop(1);
    // Without a branch on what is as good as random: −1 below zero, and nothing where the bit is 0 or there already.
    const int sign = at >> 15;
    const int step = ((bit ^ sign) - sign) & -(taken & static_cast<int>((at & bit) == 0));
    at = static_cast<std::int16_t>(at + step);
  }
}

bool JpegBits::finish(const std::uint8_t** after) {
  // Whole bytes that were not used are no padding.
  if (failed() || left() >= 8) return false;
  *after = at_;
  return true;
}

bool JpegBits::restart(int number) {
  const std::uint8_t* after;
  if (!finish(&after)) return false;
  if (end_ - at_ < 2 || at_[0] != 0xff || at_[1] != 0xd0 + number) return false;
  at_ += 2;
  begin();
  return true;
}

}  // namespace svp

#include "core/jpeg_bits.h"

namespace svp {

bool JpegHuffman::build(const std::uint8_t counts[16], const std::uint8_t* from, std::size_t length) {
  std::size_t total = 0;
  for (int i = 0; i < 16; i++) total += counts[i];
  if (total > 256 || total > length) return false;
  std::memset(look, 0, sizeof look);
  std::memcpy(symbols, from, total);
  std::int32_t code = 0;
  std::int32_t index = 0;
  for (int bits = 1; bits <= 16; bits++) {
    offset[bits] = index - code;
    for (int i = 0; i < counts[bits - 1]; i++, code++, index++) {
      if (code >= 1 << bits) return false;
      if (bits > kLookBits) continue;
      const int spread = kLookBits - bits;
      for (int k = 0; k < 1 << spread; k++) {
        look[(code << spread) + k] = static_cast<std::uint16_t>(bits << 8 | symbols[index]);
      }
    }
    limit[bits] = code << (16 - bits);
    code <<= 1;
  }
  present = true;
  return true;
}

void JpegHuffman::build_values() {
  for (int next = 0; next < 1 << kLookBits; next++) {
    value[next] = 0;
    const int bits = look[next] >> 8;
    const int size = look[next] & 15;
    if (look[next] == 0 || size == 0 || bits + size > kLookBits) continue;
    const int raw = (next >> (kLookBits - bits - size)) & ((1 << size) - 1);
    const int v = raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
    if (v < -128 || v > 127) continue;
    value[next] = static_cast<std::int16_t>(v * 256 + ((look[next] >> 4) & 15) * 16 + bits + size);
  }
}

std::uint8_t JpegBits::long_symbol(const JpegHuffman& table, std::uint32_t next) {
  for (int bits = JpegHuffman::kLookBits + 1; bits <= 16; bits++) {
    if (static_cast<std::int32_t>(next) >= table.limit[bits]) continue;
    const std::int32_t index = static_cast<std::int32_t>(next >> (16 - bits)) + table.offset[bits];
    if (index < 0 || index > 255) break;
    held_ -= bits;
    return table.symbols[index];
  }
  failed_ = true;
  held_ -= 1;
  return 0;
}

void JpegBits::fill_slowly() {
  while (held_ <= 48) {
    std::uint8_t byte = 0;
    if (at_ < end_ && *at_ != 0xff) {
      byte = *at_++;
    } else if (end_ - at_ >= 2 && at_[1] == 0) {
      byte = 0xff;
      at_ += 2;
    } else {
      // The scan's end: zeros, which must not be used.
      short_ += 8;
    }
    bits_ = bits_ << 8 | byte;
    held_ += 8;
  }
}

bool JpegBits::finish(const std::uint8_t** after) {
  if (failed()) return false;
  // Whole bytes that were read ahead and not used are no padding.
  if (held_ - short_ >= 8) return false;
  bits_ = 0;
  held_ = 0;
  short_ = 0;
  *after = at_;
  return true;
}

bool JpegBits::restart(int number) {
  const std::uint8_t* after;
  if (!finish(&after)) return false;
  if (end_ - at_ < 2 || at_[0] != 0xff || at_[1] != 0xd0 + number) return false;
  at_ += 2;
  return true;
}

}  // namespace svp

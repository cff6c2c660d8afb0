// Bits and Huffman codes of a JPEG file's scans (ITU-T T.81, annex F.2). A code that the table has not and a read beyond the
// scan's end set `failed`, after which zeros come: callers look at it once a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace svp {

// A Huffman table for decoding: ten bits at once, longer codes by their canonical limits.
class JpegHuffman {
 public:
  static constexpr int kLookBits = 10;

  // `counts` of codes of 1 … 16 bits and their symbols, as a DHT segment has them. False where no code is like that.
  bool build(const std::uint8_t counts[16], const std::uint8_t* symbols, std::size_t length);

  // For AC tables: the next kLookBits bits as a code and the value behind it, where both lie in them: value << 8 | zeros << 4 |
  // bits; 0 where they do not.
  void build_values();

  bool present = false;
  std::int16_t value[1 << kLookBits] = {};
  // length << 8 | symbol; 0 where the code is longer.
  std::uint16_t look[1 << kLookBits] = {};
  std::int32_t limit[18] = {};   // the largest code of each length, + 1, aligned to 16 bits
  std::int32_t offset[18] = {};  // index of a symbol less its code
  std::uint8_t symbols[256] = {};
};

class JpegBits {
 public:
  JpegBits(const std::uint8_t* at, const std::uint8_t* end) : at_(at), end_(end) {}

  // The next `n` ≤ 16 bits.
  std::uint32_t take(int n) {
    if (n == 0) return 0;
    need(n);
    held_ -= n;
    return static_cast<std::uint32_t>(bits_ >> held_) & ((1u << n) - 1);
  }

  // A number of n bits as JPEG writes differences: below half is negative (F.2.2.1, EXTEND).
  std::int32_t extend(int n) {
    if (n == 0) return 0;
    const std::int32_t v = static_cast<std::int32_t>(take(n));
    return v < (1 << (n - 1)) ? v - (1 << n) + 1 : v;
  }

  // 32 bits ahead: enough for a code and the value behind it.
  void ahead() { need(32); }
  // After ahead(): a code of an AC table with its value; false where `symbol` and `extend` must be asked.
  bool coefficient(const JpegHuffman& table, int* zeros, std::int32_t* value) {
    const std::int32_t found =
        table.value[static_cast<std::uint32_t>(bits_ >> (held_ - JpegHuffman::kLookBits)) & ((1 << JpegHuffman::kLookBits) - 1)];
    if (found == 0) return false;
    held_ -= found & 15;
    *zeros = (found >> 4) & 15;
    *value = found >> 8;
    return true;
  }

  std::uint8_t symbol(const JpegHuffman& table) {
    need(16);
    const std::uint32_t next = static_cast<std::uint32_t>(bits_ >> (held_ - 16)) & 0xffff;
    const std::uint16_t found = table.look[next >> (16 - JpegHuffman::kLookBits)];
    if (found != 0) {
      held_ -= found >> 8;
      return static_cast<std::uint8_t>(found);
    }
    return long_symbol(table, next);
  }

  // Goes to the byte after the scan's bits: true if nothing but padding was left before the next marker.
  bool finish(const std::uint8_t** after);
  // At a restart: true if marker FFD0 + `number` stands here.
  bool restart(int number);

  bool failed() const { return failed_ || short_ > held_; }

 private:
  void need(int n) {
    if (held_ < n) fill();
  }
  void fill() {
    // Four bytes at once where none of them is FF, which begins a marker or stands before a stuffed zero.
    if (end_ - at_ >= 4) {
      std::uint32_t next;
      std::memcpy(&next, at_, 4);
      const std::uint32_t inverted = ~next;
      if (((inverted - 0x01010101u) & next & 0x80808080u) == 0) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        next = __builtin_bswap32(next);
#endif
        bits_ = bits_ << 32 | next;
        held_ += 32;
        at_ += 4;
        return;
      }
    }
    fill_slowly();
  }
  void fill_slowly();
  std::uint8_t long_symbol(const JpegHuffman& table, std::uint32_t next);

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::uint64_t bits_ = 0;
  int held_ = 0;   // bits in bits_
  int short_ = 0;  // of those, how many are not from the file
  bool failed_ = false;
};

}  // namespace svp

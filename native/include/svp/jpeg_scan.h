// What the entropy-coded data of a JPEG scan are decoded from: bits without what is stuffed between them, and Huffman
// tables laid out for look-ups. core/jpeg_bits and core/jpeg_codes prepare them; the kernels read them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace svp {

// Bits that lie in memory byte by byte up to `end`, where kPadding zero bytes follow.
struct JpegBitState {
  // One block takes at most 64 · (16 + 15) bits, and eight bytes are read ahead: who looks at `at` before each block
  // does not read beyond the zeros.
  static constexpr std::size_t kPadding = 320;
  static constexpr std::ptrdiff_t kMostAhead = 8;  // at − end above this: bits beyond the end were used

  std::uint64_t bits = 0;  // the next ones, from the highest down
  int held = 0;            // how many of them count
  const std::uint8_t* at = nullptr;
  const std::uint8_t* end = nullptr;
};

// What the next JpegCodes::kLookBits bits of a baseline scan hold: one or two coefficients, codes and values, with the
// zeros before them. 64 bits: how many bits they are (8), by how much the index grows to the first coefficient (8), its
// value (16), that of the second (16), kind (8), by how much the index grows to the second (8; kFar unless kind is
// `some`). Where there is one coefficient, it is the second, too.
struct JpegStep {
  // `some`: nothing but coefficients; `last`: one coefficient and the end of the block, or the end alone, where the
  // index grows by kFar; `other`: a code or a value is longer, or it is a run of 16 zeros, or no code.
  enum Kind { some, last, other };
  static constexpr int kFar = 64;  // or more
  // Of a step that follows a first coefficient, what is added to the first one's: bits, second value, kind, growth to
  // the second.
  static constexpr std::uint64_t kContinued = 0xffffffff000000ff;

  static constexpr std::uint64_t make(Kind kind, int bits, int first, int second, int value, int next_value) {
    return static_cast<std::uint64_t>(bits) | static_cast<std::uint64_t>(first) << 8 |
           static_cast<std::uint64_t>(static_cast<std::uint16_t>(value)) << 16 |
           static_cast<std::uint64_t>(static_cast<std::uint16_t>(next_value)) << 32 |
           static_cast<std::uint64_t>(kind) << 48 | static_cast<std::uint64_t>(second) << 56;
  }
  static constexpr std::size_t bits(std::uint64_t step) { return step & 255; }
  static constexpr std::size_t first(std::uint64_t step) { return (step >> 8) & 255; }
  static constexpr std::size_t second(std::uint64_t step) { return step >> 56; }
  static constexpr std::size_t kind(std::uint64_t step) { return (step >> 48) & 255; }
  static constexpr std::int16_t value(std::uint64_t step) { return static_cast<std::int16_t>(step >> 16); }
  static constexpr std::int16_t next_value(std::uint64_t step) { return static_cast<std::int16_t>(step >> 32); }
};

// A Huffman table: kLookBits bits at once, longer codes by their canonical limits.
struct JpegCodes {
  static constexpr int kLookBits = 10;

  bool present = false;  // in this file; what follows may be of the file before
  bool made = false, steps_made = false;
  std::uint8_t counts[16];  // codes of 1 … 16 bits
  std::uint16_t look[1 << kLookBits];   // length << 8 | symbol; 0 where the code is longer
  std::uint64_t steps[1 << kLookBits];  // JpegStep, for AC tables of baseline scans
  std::int32_t limit[17];               // the largest code of each length, + 1, aligned to 16 bits
  std::int32_t offset[17];              // index of a symbol less its code
  std::uint8_t symbols[256];
};

// A block of an MCU, while it is read.
struct JpegBlock {
  const JpegCodes* dc;
  const JpegCodes* ac;
  std::int32_t* prediction;  // of the next mean, before quantization
  bool mean_only;            // out: no other coefficient was set
};

// Where a coefficient or quantizer lies in memory, by its row and column: rows in pairs (0, 4), (2, 6), (1, 5), (3, 7),
// the two of a column side by side, as products of pairs want them.
constexpr int jpeg_place(int row, int column) {
  return (row % 4 == 0 ? 0 : row % 4 == 2 ? 16 : row % 4 == 1 ? 32 : 48) + 2 * column + row / 4;
}

// The same by its number in a file, which goes through the block in diagonals (zigzag); 0 beyond the last, as far as a
// step goes.
struct JpegPlaces {
  constexpr JpegPlaces() {
    int row = 0, column = 0;
    for (int k = 0; k < 64; k++) {
      at[k] = static_cast<std::uint8_t>(jpeg_place(row, column));
      const bool up = (row + column) % 2 == 0;
      if (up ? column == 7 : row < 7 && column == 0) {
        row++;
      } else if (up ? row == 0 : row == 7) {
        column++;
      } else {
        row += up ? -1 : 1;
        column += up ? 1 : -1;
      }
    }
  }
  std::uint8_t at[64 + JpegStep::kFar] = {};
};
constexpr JpegPlaces kJpegPlaces;

}  // namespace svp

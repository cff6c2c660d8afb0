#include "core/jpeg_codes.h"

#include <algorithm>
#include <cstring>

namespace svp {

namespace {

constexpr int kLook = 1 << JpegCodes::kLookBits;

// Steps of one code and the value behind it. Where a step is not known it claims more bits than there are.
void single_steps(const JpegCodes& codes, std::uint64_t* steps) {
  constexpr std::uint64_t kOther = JpegStep::make(JpegStep::other, 63, 0, JpegStep::kFar, 0, 0);
  for (int next = 0; next < kLook;) {
    const int bits = codes.look[next] >> 8;
    const int size = codes.look[next] & 15;
    const int zeros = (codes.look[next] >> 4) & 15;
    const int left = JpegCodes::kLookBits - bits - size;
    // All that begins with this code.
    std::uint64_t* const end = steps + next + (bits == 0 ? 1 : 1 << (JpegCodes::kLookBits - bits));
    std::uint64_t* to = steps + next;
    next = static_cast<int>(end - steps);
    if (bits == 0 || left < 0 || (size == 0 && zeros > 0)) {
      std::fill(to, end, kOther);
    } else if (size == 0) {
      std::fill(to, end, JpegStep::make(JpegStep::last, bits, JpegStep::kFar, JpegStep::kFar, 0, 0));
    } else {
      for (int raw = 0; raw < 1 << size; raw++, to += 1 << left) {
        const int value = raw < 1 << (size - 1) ? raw - (1 << size) + 1 : raw;
        std::fill(to, to + (1 << left),
                  JpegStep::make(JpegStep::some, bits + size, zeros + 1, zeros + 1, value, value));
      }
    }
  }
}

}  // namespace

bool make_jpeg_codes(const std::uint8_t counts[16], const std::uint8_t* symbols, std::size_t length, JpegCodes* codes) {
  std::size_t total = 0;
  for (int i = 0; i < 16; i++) total += counts[i];
  if (total > 256 || total > length) return false;
  codes->present = codes->made && std::memcmp(codes->counts, counts, 16) == 0 &&
                   std::memcmp(codes->symbols, symbols, total) == 0;
  if (codes->present) return true;
  codes->made = codes->steps_made = false;
  std::memcpy(codes->counts, counts, 16);
  std::memset(codes->look, 0, sizeof codes->look);
  std::memset(codes->symbols, 0, sizeof codes->symbols);
  std::memcpy(codes->symbols, symbols, total);
  std::int32_t code = 0;
  std::int32_t index = 0;
  for (int bits = 1; bits <= 16; bits++) {
    codes->offset[bits] = index - code;
    for (int i = 0; i < counts[bits - 1]; i++, code++, index++) {
      if (code >= 1 << bits) return false;
      if (bits > JpegCodes::kLookBits) continue;
      const int spread = JpegCodes::kLookBits - bits;
      const std::uint16_t entry = static_cast<std::uint16_t>(bits << 8 | symbols[index]);
      for (int k = 0; k < 1 << spread; k++) codes->look[(code << spread) + k] = entry;
    }
    codes->limit[bits] = code << (16 - bits);
    code <<= 1;
  }
  codes->present = codes->made = true;
  return true;
}

void make_jpeg_steps(JpegCodes* codes) {
  if (codes->steps_made) return;
  std::uint64_t singles[kLook];
  single_steps(*codes, singles);
  for (int next = 0; next < kLook;) {
    const std::uint64_t step = singles[next];
    codes->steps[next] = step;
    if (JpegStep::kind(step) != JpegStep::some) {
      next++;
      continue;
    }
    // Every continuation of this coefficient, where it lies in the bits that are left: another one, or the end. Bits,
    // indices and kinds add up, and the second value comes from there.
    const int bits = static_cast<int>(JpegStep::bits(step)), left = JpegCodes::kLookBits - bits;
    const int first = static_cast<int>(JpegStep::first(step));
    const std::uint64_t begin = JpegStep::make(JpegStep::some, bits, first, first, JpegStep::value(step), 0);
    for (int rest = 0; rest < 1 << left; rest++) {
      const std::uint64_t then = singles[rest << bits];
      const bool fits = static_cast<int>(JpegStep::bits(then)) <= left;
      codes->steps[next++] = fits ? begin + (then & JpegStep::kContinued) : step;
    }
  }
  codes->steps_made = true;
}

}  // namespace svp

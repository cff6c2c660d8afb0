#include "core/jpeg_file.h"

#include <cstring>

namespace svp {

namespace {

enum Marker { kSof0 = 0xc0, kSof1 = 0xc1, kSof2 = 0xc2, kDht = 0xc4, kSoi = 0xd8, kEoi = 0xd9, kSos = 0xda, kDqt = 0xdb,
              kDri = 0xdd, kApp0 = 0xe0, kApp14 = 0xee, kComment = 0xfe };

std::size_t up(std::size_t a, std::size_t b) { return (a + b - 1) / b; }

}  // namespace

bool JpegFile::marker(int* code) {
  if (end_ - at_ < 2 || at_[0] != 0xff) return false;
  while (end_ - at_ >= 2 && at_[1] == 0xff) at_++;
  if (end_ - at_ < 2) return false;
  *code = at_[1];
  at_ += 2;
  return true;
}

bool JpegFile::segment(const std::uint8_t** body, std::size_t* length) {
  if (end_ - at_ < 2) return false;
  const std::size_t whole = static_cast<std::size_t>(at_[0]) << 8 | at_[1];
  if (whole < 2 || static_cast<std::size_t>(end_ - at_) < whole) return false;
  *body = at_ + 2;
  *length = whole - 2;
  at_ += whole;
  return true;
}

bool JpegFile::quantization(const std::uint8_t* body, std::size_t length) {
  // A table that changes between scans counts for some components and not for others.
  if (scan_seen_) return false;
  while (length > 0) {
    const int wide = body[0] >> 4;
    const int index = body[0] & 15;
    const std::size_t size = wide ? 128 : 64;
    if (wide > 1 || index > 3 || length < 1 + size) return false;
    for (int k = 0; k < 64; k++) {
      const std::uint8_t* value = body + 1 + (wide ? 2 * k : k);
      quantizers[index][kJpegPlaces.at[k]] = wide ? static_cast<std::uint16_t>(value[0] << 8 | value[1]) : value[0];
    }
    quantizer_present[index] = true;
    body += 1 + size;
    length -= 1 + size;
  }
  return true;
}

bool JpegFile::huffman(const std::uint8_t* body, std::size_t length) {
  while (length > 0) {
    if (length < 17) return false;
    const int kind = body[0] >> 4;
    const int index = body[0] & 15;
    if (kind > 1 || index > 3) return false;
    std::size_t symbols = 0;
    for (int i = 0; i < 16; i++) symbols += body[1 + i];
    JpegCodes* codes = (kind == 0 ? codes_->dc : codes_->ac) + index;
    if (!make_jpeg_codes(body + 1, body + 17, length - 17, codes)) return false;
    body += 17 + symbols;
    length -= 17 + symbols;
  }
  return true;
}

bool JpegFile::frame(const std::uint8_t* body, std::size_t length) {
  if (frame_seen_ || length < 6 || body[0] != 8) return false;
  height = static_cast<std::size_t>(body[1]) << 8 | body[2];
  width = static_cast<std::size_t>(body[3]) << 8 | body[4];
  components = body[5];
  if (height == 0 || width == 0 || (components != 1 && components != 3)) return false;
  if (length != 6 + 3 * static_cast<std::size_t>(components)) return false;
  for (int i = 0; i < components; i++) {
    const std::uint8_t* at = body + 6 + 3 * i;
    JpegComponent& c = component[i];
    c.id = at[0];
    c.h = at[1] >> 4;
    c.v = at[1] & 15;
    c.quantizer = at[2];
    if (c.quantizer > 3) return false;
    for (int j = 0; j < i; j++) {
      if (component[j].id == c.id) return false;
    }
  }
  if (components == 1) {
    component[0].h = component[0].v = 1;
  } else {
    // Luma 1 × 1, 2 × 1 or 2 × 2 with chroma 1 × 1.
    const JpegComponent& luma = component[0];
    const bool known = (luma.h == 1 && luma.v == 1) || (luma.h == 2 && luma.v <= 2 && luma.v >= 1);
    if (!known) return false;
    for (int i = 1; i < 3; i++) {
      if (component[i].h != 1 || component[i].v != 1) return false;
    }
  }
  h = component[0].h;
  v = component[0].v;
  mcu_columns = up(width, 8 * h);
  mcu_rows = up(height, 8 * v);
  for (int i = 0; i < components; i++) {
    JpegComponent& c = component[i];
    c.width = up(width * c.h, h);
    c.height = up(height * c.v, v);
    c.block_columns = up(c.width, 8);
    c.block_rows = up(c.height, 8);
    c.padded_columns = mcu_columns * c.h;
    c.padded_rows = mcu_rows * c.v;
  }
  // Narrower chroma is doubled by another filter.
  if (h == 2 && component[1].width < 3) return false;
  frame_seen_ = true;
  return true;
}

bool JpegFile::table(int code, const std::uint8_t* body, std::size_t length) {
  switch (code) {
    case kDqt: return quantization(body, length);
    case kDht: return huffman(body, length);
    case kDri:
      if (length != 2) return false;
      restart_interval = static_cast<unsigned>(body[0]) << 8 | body[1];
      return true;
    case kApp0:
      if (length >= 5 && std::memcmp(body, "JFIF\0", 5) == 0) jfif_ = true;
      return true;
    case kApp14:
      if (length >= 12 && std::memcmp(body, "Adobe", 5) == 0) adobe_ = body[11];
      return true;
    default: return (code >= kApp0 && code <= 0xef) || code == kComment;
  }
}

bool JpegFile::open() {
  int code;
  if (!marker(&code) || code != kSoi) return false;
  for (;;) {
    const std::uint8_t* body;
    std::size_t length;
    if (!marker(&code) || code == kSos || code == kEoi || !segment(&body, &length)) return false;
    if (code == kSof0 || code == kSof1 || code == kSof2) {
      progressive = code == kSof2;
      return frame(body, length);
    }
    if (!table(code, body, length)) return false;
  }
}

// What the three components are, by the rules of libjpeg.
bool JpegFile::colours() {
  if (components == 1) return true;
  if (jfif_) return true;
  if (adobe_ >= 0) {
    if (adobe_ > 1) return false;
    rgb = adobe_ == 0;
  } else {
    rgb = component[0].id == 'R' && component[1].id == 'G' && component[2].id == 'B';
  }
  return !rgb || h == 1;
}

bool JpegFile::scan_header(const std::uint8_t* body, std::size_t length, JpegScan* scan) {
  if (length < 1) return false;
  scan->count = body[0];
  if (scan->count < 1 || scan->count > components || length != 4 + 2 * static_cast<std::size_t>(scan->count)) return false;
  for (int i = 0; i < scan->count; i++) {
    int found = -1;
    for (int k = 0; k < components; k++) {
      if (component[k].id == body[1 + 2 * i]) found = k;
    }
    if (found < 0 || (i > 0 && found <= scan->component[i - 1])) return false;
    scan->component[i] = found;
    component[found].dc = body[2 + 2 * i] >> 4;
    component[found].ac = body[2 + 2 * i] & 15;
    if (component[found].dc > 3 || component[found].ac > 3) return false;
  }
  const std::uint8_t* tail = body + 1 + 2 * scan->count;
  scan->first = tail[0];
  scan->last = tail[1];
  scan->high = tail[2] >> 4;
  scan->low = tail[2] & 15;
  if (!progressive) return scan->first == 0 && scan->last == 63 && scan->high == 0 && scan->low == 0;
  if (scan->first > scan->last || scan->last > 63 || scan->low > 13) return false;
  if (scan->first == 0 ? scan->last != 0 : scan->count != 1) return false;
  return scan->high == 0 || scan->high == scan->low + 1;
}

JpegSegment JpegFile::next(const std::uint8_t* after, JpegScan* scan) {
  if (after != nullptr) at_ = after;
  for (;;) {
    int code;
    if (!marker(&code)) return JpegSegment::odd;
    if (code == kEoi) return scan_seen_ ? JpegSegment::end : JpegSegment::odd;
    const std::uint8_t* body;
    std::size_t length;
    if (!segment(&body, &length)) return JpegSegment::odd;
    if (code == kSos) {
      if (!scan_header(body, length, scan) || (!scan_seen_ && !colours())) return JpegSegment::odd;
      scan_seen_ = true;
      for (int i = 0; i < scan->count; i++) {
        if (!quantizer_present[component[scan->component[i]].quantizer]) return JpegSegment::odd;
      }
      return JpegSegment::scan;
    }
    if (!table(code, body, length)) return JpegSegment::odd;
  }
}

}  // namespace svp

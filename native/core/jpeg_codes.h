// Huffman tables of a JPEG file, made ready for look-ups (ITU-T T.81, annex C).
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/jpeg_scan.h"

namespace svp {

// The tables of a file. Files of one encoder often have the same: what was made for the last file is kept.
struct JpegTables {
  JpegCodes dc[4], ac[4];

  void begin_file() {
    for (int i = 0; i < 4; i++) dc[i].present = ac[i].present = false;
  }
};

// `counts` of codes of 1 … 16 bits and their symbols, as a DHT segment has them. False where no code is like that.
bool make_jpeg_codes(const std::uint8_t counts[16], const std::uint8_t* symbols, std::size_t length, JpegCodes* codes);

// The steps of an AC table that is present.
void make_jpeg_steps(JpegCodes* codes);

}  // namespace svp

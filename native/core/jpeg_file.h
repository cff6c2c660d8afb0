// The headers of a JPEG file (ITU-T T.81, annex B), as far as plain files go: baseline and progressive, Huffman-coded,
// eight bits, one component or three that are sampled alike or with chroma halved in one or both directions. Whatever
// else or out of order is "not plain", for another decoder.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/jpeg_codes.h"

namespace svp {

struct JpegComponent {
  int id = 0;
  int h = 1, v = 1;      // sampling factors
  int quantizer = 0;     // index of its table
  int dc = 0, ac = 0;    // of the current scan
  std::size_t width = 0, height = 0;            // samples that count
  std::size_t block_columns = 0, block_rows = 0;    // blocks that hold them
  std::size_t padded_columns = 0, padded_rows = 0;  // blocks of whole MCUs
};

struct JpegScan {
  int count = 0;
  int component[3] = {};
  int first = 0, last = 63;  // spectral selection
  int high = 0, low = 0;     // successive approximation
};

enum class JpegSegment { scan, end, odd };

class JpegFile {
 public:
  // `codes` are of this file from here on.
  JpegFile(const std::uint8_t* bytes, std::size_t length, JpegTables* codes)
      : codes_(codes), at_(bytes), end_(bytes + length) {
    codes->begin_file();
  }

  // Reads up to the frame header. False: not plain.
  bool open();
  // After open(), or after a scan that ended at `after`: reads up to the next scan's data, or to the end of the image.
  JpegSegment next(const std::uint8_t* after, JpegScan* scan);

  const std::uint8_t* data() const { return at_; }
  const std::uint8_t* end() const { return end_; }

  std::size_t width = 0, height = 0;
  bool progressive = false;
  bool rgb = false;  // three components that are red, green and blue already
  int components = 0;
  int h = 1, v = 1;  // the largest sampling factors
  std::size_t mcu_columns = 0, mcu_rows = 0;
  unsigned restart_interval = 0;
  JpegComponent component[3];
  std::uint16_t quantizers[4][64] = {};  // at their places
  bool quantizer_present[4] = {};

  JpegCodes& dc(const JpegComponent& c) const { return codes_->dc[c.dc]; }
  JpegCodes& ac(const JpegComponent& c) const { return codes_->ac[c.ac]; }

 private:
  bool marker(int* code);
  bool segment(const std::uint8_t** body, std::size_t* length);
  bool quantization(const std::uint8_t* body, std::size_t length);
  bool huffman(const std::uint8_t* body, std::size_t length);
  bool frame(const std::uint8_t* body, std::size_t length);
  bool scan_header(const std::uint8_t* body, std::size_t length, JpegScan* scan);
  bool table(int code, const std::uint8_t* body, std::size_t length);
  bool colours();

  JpegTables* codes_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool frame_seen_ = false, scan_seen_ = false;
  bool jfif_ = false;
  int adobe_ = -1;
};

}  // namespace svp

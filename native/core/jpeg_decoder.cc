#include "core/jpeg_decoder.h"

#include <algorithm>
#include <cstring>

#include "core/jpeg_progressive.h"

namespace svp {

bool JpegDecoder::size(const std::uint8_t* bytes, std::size_t length, std::size_t* width, std::size_t* height) {
  JpegFile file(bytes, length, &codes_);
  if (!file.open()) return false;
  *width = file.width;
  *height = file.height;
  return true;
}

bool JpegDecoder::baseline(JpegFile& file, const JpegScan& scan, const std::uint8_t** after) {
  if (scan.count != file.components) return false;
  // The blocks of an MCU, and where they go.
  struct Place {
    int component, h, v;
    std::uint8_t* to;
  };
  JpegBlock blocks[6];
  Place places[6];
  std::int32_t predictions[3] = {};
  std::size_t count = 0;
  for (int i = 0; i < file.components; i++) {
    const JpegComponent& c = file.component[i];
    if (!file.dc(c).present || !file.ac(c).present) return false;
    make_jpeg_steps(&file.ac(c));
    for (int v = 0; v < c.v; v++) {
      for (int h = 0; h < c.h; h++) {
        blocks[count] = {&file.dc(c), &file.ac(c), &predictions[i], false};
        places[count++] = {i, h, v, nullptr};
      }
    }
  }
  JpegBits bits(file.data(), file.end(), &stretch_);
  alignas(64) std::int16_t coefficients[6][64] = {};
  unsigned until_restart = file.restart_interval;
  int restarts = 0;
  const ImageWindow& kept = planes_.mcus();
  for (std::size_t row = 0; row < file.mcu_rows; row++) {
    const bool row_kept = row >= kept.top && row < kept.bottom;
    for (std::size_t n = 0; row_kept && n < count; n++) {
      Place& p = places[n];
      const JpegComponent& c = file.component[p.component];
      p.to = planes_.block(p.component, row * c.v + p.v, kept.left * c.h + p.h);
    }
    for (std::size_t column = 0; column < file.mcu_columns; column++) {
      if (file.restart_interval > 0) {
        if (until_restart == 0) {
          if (!bits.restart(restarts)) return false;
          restarts = (restarts + 1) & 7;
          until_restart = file.restart_interval;
          predictions[0] = predictions[1] = predictions[2] = 0;
        }
        until_restart--;
      }
      const bool mcu_kept = row_kept && column >= kept.left && column < kept.right;
      if (!kernels_.baseline_blocks(bits.state(), blocks, count, mcu_kept ? coefficients[0] : nullptr)) return false;
      if (!mcu_kept) continue;
      // All blocks of the MCU together: coefficients are written one by one and read by the vector, which has to wait
      // for the last.
      for (std::size_t n = 0; n < count; n++) {
        Place& p = places[n];
        const JpegComponent& c = file.component[p.component];
        transform(coefficients[n], file.quantizers[c.quantizer], blocks[n].mean_only, p.to,
                  planes_.stride(p.component));
        p.to += c.h * 8;
      }
      std::memset(coefficients, 0, count * sizeof coefficients[0]);
    }
    if (bits.failed()) return false;
  }
  return bits.finish(after);
}

void JpegDecoder::transform(const std::int16_t* coefficients, const std::uint16_t* quantizers, bool mean_only,
                            std::uint8_t* to, std::size_t stride) {
  if (!mean_only) {
    kernels_.inverse_transform(coefficients, quantizers, to, stride);
    return;
  }
  // What the transform makes of the mean.
  const std::int16_t first = static_cast<std::int16_t>(coefficients[0] * quantizers[0]);
  const int mean = std::clamp(((first * 4 + 16) >> 5) + 128, 0, 255);
  for (int y = 0; y < 8; y++) std::memset(to + y * stride, mean, 8);
}

bool JpegDecoder::progressive(JpegFile& file, const JpegScan& scan, const std::uint8_t** after) {
  for (int i = 0; i < scan.count; i++) {
    const int component = scan.component[i];
    const JpegComponent& c = file.component[component];
    const bool needs_dc = scan.first == 0 && scan.high == 0;
    if (needs_dc && !file.dc(c).present) return false;
    if (scan.first > 0 && (!file.ac(c).present || bits_[component][0] < 0)) return false;
    for (int k = scan.first; k <= scan.last; k++) {
      // Bits come from the highest to the lowest, each once.
      if (scan.high == 0 ? bits_[component][k] != -1 : bits_[component][k] != scan.high) return false;
      bits_[component][k] = static_cast<std::int8_t>(scan.low);
    }
  }
  JpegBits bits(file.data(), file.end(), &stretch_);
  JpegProgressiveScan decoder(scan, bits);
  unsigned until_restart = file.restart_interval;
  int restarts = 0;
  auto restart = [&] {
    if (file.restart_interval == 0) return true;
    if (until_restart == 0) {
      if (!decoder.whole() || !bits.restart(restarts)) return false;
      restarts = (restarts + 1) & 7;
      until_restart = file.restart_interval;
      decoder.restart();
    }
    until_restart--;
    return true;
  };
  auto block = [&](int component, std::size_t row, std::size_t column) {
    const std::size_t index = row * file.component[component].padded_columns + column;
    return decoder.block(file, component, coefficients_[component].data() + 64 * index, set_[component].data() + index);
  };
  if (scan.count == 1) {
    // A scan of one component leaves out the blocks that only fill up its last MCUs.
    const JpegComponent& c = file.component[scan.component[0]];
    for (std::size_t row = 0; row < c.block_rows; row++) {
      for (std::size_t column = 0; column < c.block_columns; column++) {
        if (!restart() || !block(scan.component[0], row, column)) return false;
      }
      if (bits.failed()) return false;
    }
  } else {
    for (std::size_t row = 0; row < file.mcu_rows; row++) {
      for (std::size_t column = 0; column < file.mcu_columns; column++) {
        if (!restart()) return false;
        for (int i = 0; i < scan.count; i++) {
          const JpegComponent& c = file.component[scan.component[i]];
          for (int v = 0; v < c.v; v++) {
            for (int h = 0; h < c.h; h++) {
              if (!block(scan.component[i], row * c.v + v, column * c.h + h)) return false;
            }
          }
        }
      }
      if (bits.failed()) return false;
    }
  }
  return decoder.whole() && bits.finish(after);
}

bool JpegDecoder::transform_kept(const JpegFile& file) {
  const ImageWindow& kept = planes_.mcus();
  for (int i = 0; i < file.components; i++) {
    // libjpeg smooths over what is not known to its last bit.
    for (int k = 0; k < 64; k++) {
      if (bits_[i][k] != 0) return false;
    }
    const JpegComponent& c = file.component[i];
    for (std::size_t row = kept.top * c.v; row < kept.bottom * c.v; row++) {
      for (std::size_t column = kept.left * c.h; column < kept.right * c.h; column++) {
        transform(coefficients_[i].data() + 64 * (row * c.padded_columns + column), file.quantizers[c.quantizer], false,
                  planes_.block(i, row, column), planes_.stride(i));
      }
    }
  }
  return true;
}

bool JpegDecoder::decode(const std::uint8_t* bytes, std::size_t length, const ImageKernels& kernels,
                         const ImageWindow& window) {
  JpegFile file(bytes, length, &codes_);
  if (!file.open() || window.right > file.width || window.bottom > file.height) return false;
  kernels_ = kernels;
  planes_.begin(file, kernels, window);
  for (int i = 0; file.progressive && i < file.components; i++) {
    const JpegComponent& c = file.component[i];
    coefficients_[i].assign(c.padded_columns * c.padded_rows * 64, 0);
    set_[i].assign(c.padded_columns * c.padded_rows, 0);
  }
  std::memset(bits_, -1, sizeof bits_);
  JpegScan scan;
  const std::uint8_t* after = nullptr;
  for (bool seen = false;; seen = true) {
    const JpegSegment segment = file.next(after, &scan);
    if (segment == JpegSegment::end) break;
    if (segment == JpegSegment::odd || (seen && !file.progressive)) return false;
    if (!(file.progressive ? progressive(file, scan, &after) : baseline(file, scan, &after))) return false;
  }
  if (file.progressive && !transform_kept(file)) return false;
  planes_.set_rgb(file.rgb);
  return true;
}

}  // namespace svp

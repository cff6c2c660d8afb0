// Small JPEG files, 24 × 19 with chroma halved both ways, whole, cut short and damaged: the sanitizers watch.
#include "core/jpeg_decoder.h"

#include <algorithm>

#include "check.h"
#include "core/image_scaler.h"

using namespace svp;

namespace {

constexpr std::uint8_t kBaseline[] = {
    255, 216, 255, 219, 0, 67, 0, 8, 6, 6, 7, 6, 5, 8, 7, 7, 7, 9, 9, 8, 10, 12, 20, 13, 12, 11, 11, 12, 25, 18,
    19, 15, 20, 29, 26, 31, 30, 29, 26, 28, 28, 32, 36, 46, 39, 32, 34, 44, 35, 28, 28, 40, 55, 41, 44, 48, 49,
    52, 52, 52, 31, 39, 57, 61, 56, 50, 60, 46, 51, 52, 50, 255, 219, 0, 67, 1, 9, 9, 9, 12, 11, 12, 24, 13, 13,
    24, 50, 33, 28, 33, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50,
    50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50,
    50, 255, 192, 0, 17, 8, 0, 19, 0, 24, 3, 1, 34, 0, 2, 17, 1, 3, 17, 1, 255, 196, 0, 24, 0, 1, 1, 1, 1, 1, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 255, 196, 0, 31, 16, 0, 2, 2, 2, 2, 3, 1, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 1, 2, 0, 3, 17, 33, 4, 34, 5, 18, 65, 49, 255, 196, 0, 23, 1, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 1, 2, 3, 0, 255, 196, 0, 28, 17, 1, 0, 3, 1, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 33, 3,
    18, 49, 65, 66, 255, 218, 0, 12, 3, 1, 0, 2, 17, 3, 17, 0, 63, 0, 227, 134, 139, 67, 154, 193, 192, 19, 110,
    92, 219, 144, 117, 60, 200, 106, 236, 1, 134, 254, 202, 57, 33, 77, 32, 175, 236, 214, 31, 95, 96, 53, 217,
    182, 179, 219, 64, 84, 249, 19, 142, 29, 133, 143, 171, 28, 8, 129, 236, 243, 192, 142, 93, 166, 75, 188,
    189, 104, 150, 185, 85, 2, 71, 71, 106, 183, 184, 136, 188, 53, 180, 31, 146, 77, 103, 91, 192, 26, 6, 34,
    37, 106, 161, 47, 200, 60, 9, 255, 217};

constexpr std::uint8_t kProgressive[] = {
    255, 216, 255, 219, 0, 67, 0, 8, 6, 6, 7, 6, 5, 8, 7, 7, 7, 9, 9, 8, 10, 12, 20, 13, 12, 11, 11, 12, 25, 18,
    19, 15, 20, 29, 26, 31, 30, 29, 26, 28, 28, 32, 36, 46, 39, 32, 34, 44, 35, 28, 28, 40, 55, 41, 44, 48, 49,
    52, 52, 52, 31, 39, 57, 61, 56, 50, 60, 46, 51, 52, 50, 255, 219, 0, 67, 1, 9, 9, 9, 12, 11, 12, 24, 13, 13,
    24, 50, 33, 28, 33, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50,
    50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50, 50,
    50, 255, 194, 0, 17, 8, 0, 19, 0, 24, 3, 1, 34, 0, 2, 17, 1, 3, 17, 1, 255, 196, 0, 23, 0, 1, 1, 1, 1, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 255, 196, 0, 23, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 1, 2, 0, 3, 255, 218, 0, 12, 3, 1, 0, 2, 16, 3, 16, 0, 0, 1, 231, 121, 166, 12, 21, 120, 129, 33, 125,
    63, 255, 196, 0, 25, 16, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 49, 0, 2, 33, 3, 255, 218, 0, 8,
    1, 1, 0, 1, 5, 2, 166, 66, 206, 132, 108, 168, 103, 81, 161, 23, 255, 196, 0, 24, 17, 1, 1, 0, 3, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 2, 49, 65, 255, 218, 0, 8, 1, 3, 1, 1, 63, 1, 88, 227, 29, 63, 255, 196,
    0, 24, 17, 1, 0, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 18, 65, 255, 218, 0, 8, 1, 2, 1, 1, 63,
    1, 150, 242, 167, 80, 255, 196, 0, 21, 16, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 48, 255, 218,
    0, 8, 1, 1, 0, 6, 63, 2, 35, 255, 196, 0, 24, 16, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 33,
    17, 49, 255, 218, 0, 8, 1, 1, 0, 1, 63, 33, 3, 134, 39, 137, 110, 151, 30, 110, 152, 196, 46, 22, 230, 47,
    255, 218, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 0, 16, 135, 32, 252, 255, 196, 0, 24, 17, 1, 1, 1, 1, 1, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 33, 17, 65, 255, 218, 0, 8, 1, 3, 1, 1, 63, 16, 53, 216, 121, 188, 68, 230,
    255, 196, 0, 24, 17, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 33, 49, 65, 255, 218, 0, 8, 1, 2,
    1, 1, 63, 16, 15, 61, 149, 128, 182, 196, 133, 255, 196, 0, 25, 16, 1, 0, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 1, 0, 17, 33, 65, 49, 255, 218, 0, 8, 1, 1, 0, 1, 63, 16, 86, 26, 9, 101, 199, 33, 126, 49, 0, 13,
    236, 40, 62, 162, 43, 40, 141, 224, 78, 221, 152, 67, 6, 127, 255, 217};

constexpr std::size_t kWidth = 24, kHeight = 19;

std::uint32_t hash(const std::vector<std::uint8_t>& bytes) {
  std::uint32_t h = 0;
  for (const std::uint8_t byte : bytes) h = h * 31u + byte;
  return h;
}

ImageKernels kernels() { return image_kernels(choose_instruction_set("")); }

std::vector<std::uint8_t> bytes_of(bool progressive) {
  return progressive ? std::vector<std::uint8_t>(std::begin(kProgressive), std::end(kProgressive))
                     : std::vector<std::uint8_t>(std::begin(kBaseline), std::end(kBaseline));
}

// Pixels of a window as the decoder has them.
std::vector<std::uint8_t> pixels_of(ImageRows& rows, const ImageWindow& window) {
  std::vector<std::uint8_t> out;
  for (std::size_t y = window.top; y < window.bottom; y++) {
    const std::uint8_t* planes[3];
    rows.row(y, 3, planes);
    for (std::size_t x = 0; x < window.right - window.left; x++) {
      for (const std::uint8_t* plane : planes) out.push_back(plane[x]);
    }
  }
  return out;
}

// What a caller does with a file of any content. True if it was decoded.
bool decode(JpegDecoder& decoder, const std::vector<std::uint8_t>& file, std::vector<std::uint8_t>* out) {
  std::size_t width = 0, height = 0;
  if (!decoder.size(file.data(), file.size(), &width, &height) || width * height > 1000000) return false;
  const ImageWindow window = {0, 0, width, height};
  if (!decoder.decode(file.data(), file.size(), kernels(), window)) return false;
  *out = pixels_of(decoder.rows(), window);
  return true;
}

}  // namespace

TEST(jpeg_files_decode_to_the_bytes_of_libjpeg) {
  JpegDecoder decoder;
  std::vector<std::uint8_t> out;
  for (const bool progressive : {false, true}) {
    CHECK(decode(decoder, bytes_of(progressive), &out));
    CHECK(out.size() == kWidth * kHeight * 3);
    // Both hold the same coefficients; the sum is of libjpeg-turbo's bytes, by another program.
    CHECK(hash(out) == 3949497876u);
  }
}

TEST(every_window_of_a_jpeg_file_has_the_bytes_of_the_whole) {
  JpegDecoder decoder;
  std::vector<std::uint8_t> all;
  for (const bool progressive : {false, true}) {
    const std::vector<std::uint8_t> file = bytes_of(progressive);
    CHECK(decode(decoder, file, &all));
    bool same = true;
    for (std::size_t left = 0; left < kWidth; left++) {
      for (std::size_t right = left + 1; right <= kWidth; right++) {
        for (std::size_t top = 0; top < kHeight; top += 1 + left % 3) {
          const ImageWindow window = {left, top, right, std::min(kHeight, top + 1 + right % 5)};
          same &= decoder.decode(file.data(), file.size(), kernels(), window);
          const std::vector<std::uint8_t> part = pixels_of(decoder.rows(), window);
          for (std::size_t i = 0, y = top; y < window.bottom; y++) {
            for (std::size_t x = 3 * left; x < 3 * right; x++) same &= part[i++] == all[y * kWidth * 3 + x];
          }
        }
      }
    }
    CHECK(same);
    CHECK(!decoder.decode(file.data(), file.size(), kernels(), {0, 0, kWidth + 1, kHeight}));
  }
}

TEST(jpeg_files_cut_short_are_refused) {
  JpegDecoder decoder;
  std::vector<std::uint8_t> out;
  for (const bool progressive : {false, true}) {
    const std::vector<std::uint8_t> file = bytes_of(progressive);
    for (std::size_t end = 0; end < file.size(); end++) {
      // A vector of its own, so that a read beyond its end is seen.
      CHECK(!decode(decoder, std::vector<std::uint8_t>(file.begin(), file.begin() + end), &out));
    }
  }
}

TEST(damaged_jpeg_files_do_no_harm) {
  JpegDecoder decoder;
  std::vector<std::uint8_t> out;
  std::uint32_t state = 1;
  auto next = [&](std::uint32_t bound) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % bound;
  };
  unsigned decoded = 0;
  for (int i = 0; i < 4000; i++) {
    std::vector<std::uint8_t> file = bytes_of(i % 2 == 1);
    for (std::uint32_t changes = 1 + next(5); changes > 0; changes--) {
      file[next(static_cast<std::uint32_t>(file.size()))] = static_cast<std::uint8_t>(next(256));
    }
    if (decode(decoder, file, &out)) decoded++;
  }
  CHECK(decoded > 0);
}

TEST(images_scale_within_their_memory) {
  std::uint32_t state = 7;
  auto next = [&](std::uint32_t bound) {
    state = state * 1664525u + 1013904223u;
    return static_cast<std::size_t>((state >> 8) % bound);
  };
  ImageScaler scaler;
  PixelRows rows;
  for (int i = 0; i < 500; i++) {
    const std::size_t width = 1 + next(30), height = 1 + next(30), channels = next(2) * 2 + 1;
    std::vector<std::uint8_t> image(width * height * channels, 200);
    const std::size_t left = next(static_cast<std::uint32_t>(width)), top = next(static_cast<std::uint32_t>(height));
    const ImageCrop crop = {left, top, 1 + next(static_cast<std::uint32_t>(width - left)),
                            1 + next(static_cast<std::uint32_t>(height - top)), 1 + next(40), 1 + next(40),
                            static_cast<std::int64_t>(next(30)) - 10, static_cast<std::int64_t>(next(30)) - 10,
                            1 + next(30), 1 + next(30), next(2) == 1};
    std::vector<std::uint8_t> out(crop.window_width * crop.window_height * channels, 7);
    rows.open(image.data(), width, channels, scaler.begin(width, height, crop));
    scaler.scale(rows, channels, kernels(), {nullptr, nullptr, out.data(), next(2) == 1});
    // A flat image stays flat; outside of it stand zeros.
    CHECK(std::all_of(out.begin(), out.end(), [](std::uint8_t v) { return v == 200 || v == 0; }));
  }
  const ImageCrop outside = {1, 0, 1, 1, 1, 1, 0, 0, 1, 1, false};
  CHECK(test::throws(ErrorCode::shape, [&] { scaler.begin(1, 1, outside); }));
}

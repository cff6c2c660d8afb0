// The image kernels of every instruction set against their definitions, also far from what pictures hold.
#include "svp/image_kernels.h"

#include <algorithm>

#include "check.h"
#include "core/image_weights.h"

using namespace svp;

namespace {

using Bytes = std::vector<std::uint8_t>;

// Whole numbers that are the same on every machine.
class Draws {
 public:
  explicit Draws(std::uint32_t seed) : state_(seed) {}
  std::uint32_t below(std::uint32_t bound) {
    state_ = state_ * 1664525u + 1013904223u;
    return (state_ >> 8) % bound;
  }
  // A row with what may be read behind it.
  Bytes row(std::size_t length) {
    Bytes bytes(length + kImageSlack);
    for (std::uint8_t& b : bytes) b = static_cast<std::uint8_t>(below(4) == 0 ? below(2) * 255 : below(256));
    return bytes;
  }

 private:
  std::uint32_t state_;
};

template <typename Body>
void with_every_set(Body body) {
  for (const InstructionSet set : available_instruction_sets()) body(image_kernels(set));
}

bool same(const Bytes& a, const Bytes& b, std::size_t length) {
  return std::equal(a.begin(), a.begin() + length, b.begin());
}

std::uint8_t clamped(int v) { return static_cast<std::uint8_t>(std::clamp(v, 0, 255)); }

}  // namespace

TEST(inverse_transforms_agree_with_the_scalar_one_for_every_size_of_coefficient) {
  const ImageKernels scalar = image_kernels(InstructionSet::scalar);
  with_every_set([&](const ImageKernels& kernels) {
    Draws draws(1);
    for (int i = 0; i < 20000; i++) {
      alignas(64) std::int16_t block[64] = {};
      alignas(64) std::uint16_t quantizers[64];
      // From a few small ones to all that 16 bits hold.
      const std::uint32_t size = 1u << draws.below(17), many = 1 + draws.below(64);
      for (std::uint32_t k = 0; k < many; k++) {
        const int value = static_cast<int>(draws.below(size)) - static_cast<int>(size / 2);
        block[draws.below(64)] = static_cast<std::int16_t>(value);
      }
      for (std::uint16_t& q : quantizers) q = static_cast<std::uint16_t>(1 + draws.below(i % 4 == 0 ? 65535 : 40));
      Bytes wanted(8 * 20, 1), got(8 * 20, 1);
      scalar.inverse_transform(block, quantizers, wanted.data(), 20);
      kernels.inverse_transform(block, quantizers, got.data(), 20);
      CHECK(wanted == got);
    }
  });
}

TEST(the_transform_of_a_mean_is_flat) {
  with_every_set([](const ImageKernels& kernels) {
    for (int mean = -2048; mean < 2048; mean++) {
      alignas(64) std::int16_t block[64] = {static_cast<std::int16_t>(mean)};
      alignas(64) std::uint16_t quantizers[64];
      std::fill(quantizers, quantizers + 64, std::uint16_t{1});
      Bytes out(64);
      kernels.inverse_transform(block, quantizers, out.data(), 8);
      CHECK(out == Bytes(64, clamped(((mean * 4 + 16) >> 5) + 128)));
    }
  });
}

TEST(colours_are_those_of_the_fixed_point_formula_for_every_chroma) {
  with_every_set([](const ImageKernels& kernels) {
    for (int l = 0; l < 256; l += 51) {
      for (int u = 0; u < 256; u++) {
        Bytes y(256 + kImageSlack, static_cast<std::uint8_t>(l)), cb(256 + kImageSlack, static_cast<std::uint8_t>(u));
        Bytes cr(256 + kImageSlack), r(256 + kImageSlack), g(r), b(r);
        for (int v = 0; v < 256; v++) cr[v] = static_cast<std::uint8_t>(v);
        std::uint8_t* const out[3] = {r.data(), g.data(), b.data()};
        kernels.to_rgb(y.data(), cb.data(), cr.data(), 256, out);
        bool right = true;
        for (int v = 0; v < 256; v++) {
          right &= r[v] == clamped(l + ((91881 * (v - 128) + 32768) >> 16));
          right &= g[v] == clamped(l + ((-22554 * (u - 128) - 46802 * (v - 128) + 32768) >> 16));
          right &= b[v] == clamped(l + ((116130 * (u - 128) + 32768) >> 16));
        }
        CHECK(right);
      }
    }
  });
}

TEST(chroma_is_doubled_by_the_triangle_filter) {
  with_every_set([](const ImageKernels& kernels) {
    Draws draws(2);
    for (std::size_t width = 1; width < 150; width++) {
      const Bytes near = draws.row(width), far = draws.row(width);
      std::vector<std::uint16_t> sums(width + 2 + kImageSlack);
      Bytes columns(2 * width + kImageSlack), both(2 * width + kImageSlack);
      kernels.double_columns(near.data(), width, sums.data(), columns.data());
      kernels.double_both(near.data(), far.data(), width, sums.data(), both.data());
      bool right = true;
      for (std::size_t x = 0; x < width; x++) {
        const std::size_t l = x == 0 ? 0 : x - 1, r = std::min(x + 1, width - 1);
        auto sum = [&](std::size_t i) { return 3 * near[i] + far[i]; };
        right &= columns[2 * x] == (3 * near[x] + near[l] + 1) >> 2;
        right &= columns[2 * x + 1] == (3 * near[x] + near[r] + 2) >> 2;
        right &= both[2 * x] == (3 * sum(x) + sum(l) + 8) >> 4;
        right &= both[2 * x + 1] == (3 * sum(x) + sum(r) + 7) >> 4;
      }
      CHECK(right);
    }
  });
}

TEST(rows_and_columns_are_scaled_by_the_exact_sums) {
  with_every_set([](const ImageKernels& kernels) {
    Draws draws(3);
    for (int i = 0; i < 3000; i++) {
      const std::size_t scaled = 1 + draws.below(300);
      // A tenth to seventy times as many.
      const std::size_t size = std::max<std::size_t>(1, scaled * (1 + draws.below(i % 10 == 0 ? 700 : 60)) / 10);
      const std::size_t first = draws.below(static_cast<std::uint32_t>(scaled));
      const std::size_t length = 1 + draws.below(static_cast<std::uint32_t>(scaled - first));
      const ImageWeights weights({size, scaled, first, length, draws.below(2) == 1});
      const RowWeights w = weights.rows();
      const std::size_t planes = 1 + draws.below(3), stride = (length + 15) / 16 * 16;
      std::vector<Bytes> in;
      std::vector<const std::uint8_t*> from;
      for (std::size_t c = 0; c < planes; c++) in.push_back(draws.row(weights.end() - weights.begin()));
      for (const Bytes& row : in) from.push_back(row.data());
      Bytes got(planes * stride + kImageSlack);
      kernels.scale_rows(from.data(), planes, w, got.data(), stride);
      bool right = true;
      for (std::size_t c = 0; c < planes; c++) {
        for (std::size_t x = 0; x < length; x++) {
          std::int64_t sum = 1 << 21;
          for (std::int32_t k = 0; k < w.count[x]; k++) {
            sum += in[c][w.first[x] + k] * static_cast<std::int64_t>(w.values[x * w.taps + k]);
          }
          right &= got[c * stride + x] == static_cast<std::uint8_t>(sum >> 22);
        }
      }
      CHECK(right);

      const std::size_t count = static_cast<std::size_t>(w.count[0]), bytes = 1 + draws.below(200);
      std::vector<Bytes> rows;
      std::vector<const std::uint8_t*> at;
      for (std::size_t k = 0; k < count; k++) rows.push_back(draws.row(bytes));
      for (const Bytes& row : rows) at.push_back(row.data());
      Bytes wanted(bytes);
      for (std::size_t x = 0; x < bytes; x++) {
        std::int64_t sum = 1 << 21;
        for (std::size_t k = 0; k < count; k++) sum += rows[k][x] * static_cast<std::int64_t>(w.values[k]);
        wanted[x] = static_cast<std::uint8_t>(sum >> 22);
      }
      got.assign(bytes + kImageSlack, 0);
      kernels.scale_column(at.data(), w.values, count, bytes, got.data());
      CHECK(same(wanted, got, bytes));
    }
  });
}

// The image kernels of every instruction set against their definitions, also far from what pictures hold.
#include "svp/image_kernels.h"

#include <algorithm>

#include "check.h"

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

 private:
  std::uint32_t state_;
};

template <typename Body>
void with_every_set(Body body) {
  for (const InstructionSet set : available_instruction_sets()) body(image_kernels(set));
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

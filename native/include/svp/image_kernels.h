// The inner loops of decoding and scaling images, one set per instruction set. All give the same bytes: integers only.
//
// A row of an image is one plane of bytes a channel. Kernels may read, and write, kImageSlack bytes beyond what counts
// of a row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "svp/instruction_set.h"
#include "svp/jpeg_scan.h"

namespace svp {

constexpr std::size_t kImageSlack = 64;

// How positions of a scaled row are made of source positions: position i takes count[i] of them, at most `most`, from
// first[i], with weights of 22 bits after the point at values[i · taps], zeros behind the last.
struct RowWeights {
  std::size_t length, taps, most;
  const std::int32_t* first;
  const std::int32_t* count;
  const std::int32_t* values;

  // The same for products of 16 bits: a weight is its upper eleven bits and, times 4, its lower eleven, so that
  // (Σ upper · v << 13) + Σ lower · v is the sum times 4 and its highest byte is the byte to come.
  //
  // Blocks of four groups of four positions, filled up with weights 0; two source positions at a time. Of group g, what
  // is two source positions further on for each pair lies in the 16 bytes from group_first[g] on, at `places` (16 a
  // group, for a shuffle that also makes zeros). `pairs` 0: some group reaches too far for that. Weights: block, pair,
  // upper or lower, group, position, which of the two.
  std::size_t blocks, pairs;
  const std::int32_t* group_first;
  const std::uint8_t* places;
  const std::int16_t* paired;
  // Instead, where `pairs` is 0: of each position `run` upper and `run` lower weights, a multiple of 16, with zeros
  // behind the last.
  std::size_t run;
  const std::int16_t* runs;
};

struct ImageKernels {
  // The next blocks of a baseline scan: sets their coefficients at their places in blocks of zeros; null: only reads
  // over them. False: the data cannot be.
  bool (*baseline_blocks)(JpegBitState* bits, JpegBlock* blocks, std::size_t count, std::int16_t* coefficients);
  // Inverse cosine transform of one block, 8 × 8 coefficients and their quantizers at their places: the "slow integer"
  // method of libjpeg (Loeffler, Ligtenberg, Moschytz 1989; 13-bit constants). Writes 8 × 8 samples.
  void (*inverse_transform)(const std::int16_t* coefficients, const std::uint16_t* quantizers, std::uint8_t* out,
                            std::size_t stride);
  // Chroma columns doubled by a triangle filter (3/4 nearer, 1/4 farther), libjpeg's "fancy upsampling": `width`
  // samples become 2 · width. `near` and `far` rows for chroma halved in both directions, weighted 3 : 1. `sums`: width
  // + 2 and the slack.
  void (*double_columns)(const std::uint8_t* in, std::size_t width, std::uint16_t* sums, std::uint8_t* out);
  void (*double_both)(const std::uint8_t* near, const std::uint8_t* far, std::size_t width, std::uint16_t* sums,
                      std::uint8_t* out);
  // JFIF's YCbCr to RGB, 16-bit fixed point.
  void (*to_rgb)(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t width,
                 std::uint8_t* const out[3]);
  // A row of each of `count` planes scaled, what comes out `stride` apart, which is a multiple of 16.
  void (*scale_rows)(const std::uint8_t* const* planes, std::size_t count, const RowWeights& weights, std::uint8_t* out,
                     std::size_t stride);
  // One row of `length` bytes from `count` rows, with weights of 22 bits after the point.
  void (*scale_column)(const std::uint8_t* const* rows, const std::int32_t* weights, std::size_t count,
                       std::size_t length, std::uint8_t* out);
};

// Throws Error(device) for an instruction set that this build or processor does not have.
ImageKernels image_kernels(InstructionSet set);

}  // namespace svp

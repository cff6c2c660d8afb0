#include "core/jpeg_progressive.h"

namespace svp {

bool JpegProgressiveScan::block(const JpegFile& file, int component, std::int16_t* coefficients, std::uint64_t* set) {
  const JpegComponent& c = file.component[component];
  if (scan_.first > 0) {
    const JpegCodes& table = file.ac(c);
    return scan_.high == 0 ? first(table, coefficients, set) : refine(table, coefficients, set);
  }
  if (scan_.high > 0) {
    if (bits_.take(1)) coefficients[0] = static_cast<std::int16_t>(coefficients[0] | 1 << scan_.low);
    return true;
  }
  const int size = bits_.symbol(file.dc(c));
  if (size > 15) return false;
  predictions_[component] += bits_.extend(size);
  if (predictions_[component] < -32768 || predictions_[component] > 32767) return false;
  coefficients[0] = static_cast<std::int16_t>(static_cast<std::uint32_t>(predictions_[component]) << scan_.low);
  return true;
}

bool JpegProgressiveScan::first(const JpegCodes& table, std::int16_t* coefficients, std::uint64_t* set) {
  if (run_ > 0) {
    run_--;
    return true;
  }
  for (int k = scan_.first; k <= scan_.last; k++) {
    const int symbol = bits_.symbol(table);
    const int zeros = symbol >> 4;
    const int size = symbol & 15;
    if (size == 0) {
      if (zeros == 15) {
        k += 15;
        continue;
      }
      run_ = (1u << zeros) + bits_.take(zeros) - 1;
      return true;
    }
    k += zeros;
    if (k > 63) return false;
    const std::uint32_t value = static_cast<std::uint32_t>(bits_.extend(size)) << scan_.low;
    coefficients[kJpegPlaces.at[k]] = static_cast<std::int16_t>(value);
    // What is too large for 16 bits may leave nothing.
    if (static_cast<std::int16_t>(value) != 0) *set |= std::uint64_t{1} << k;
  }
  return true;
}

bool JpegProgressiveScan::refine(const JpegCodes& table, std::int16_t* coefficients, std::uint64_t* set) {
  const int bit = 1 << scan_.low;
  int k = scan_.first;
  // Coefficients k … last.
  auto rest = [&] { return k > scan_.last ? 0 : ~std::uint64_t{0} << k & ~std::uint64_t{0} >> (63 - scan_.last); };
  if (run_ == 0) {
    for (; k <= scan_.last; k++) {
      const int symbol = bits_.symbol(table);
      const int zeros = symbol >> 4;
      int value = 0;
      if ((symbol & 15) == 0) {
        if (zeros < 15) {
          run_ = (1u << zeros) + bits_.take(zeros);
          break;
        }
      } else {
        if ((symbol & 15) != 1) return false;
        value = bits_.take(1) ? bit : -bit;
      }
      // Past `zeros` coefficients that are still zero; those that are not get their bit on the way.
      std::uint64_t unset = ~*set & rest();
      for (int i = 0; i < zeros; i++) unset &= unset - 1;
      const std::uint64_t before = unset == 0 ? ~std::uint64_t{0} : (unset & (0 - unset)) - 1;
      bits_.sharpen(*set & rest() & before, bit, coefficients);
      k = unset == 0 ? scan_.last + 1 : __builtin_ctzll(unset);
      if (value != 0) {
        if (k > scan_.last) return false;
        coefficients[kJpegPlaces.at[k]] = static_cast<std::int16_t>(value);
        *set |= std::uint64_t{1} << k;
      }
    }
  }
  if (run_ > 0) {
    bits_.sharpen(*set & rest(), bit, coefficients);
    run_--;
  }
  return true;
}

}  // namespace svp

// A row-major float32 matrix that somebody else owns. All sizes are 64-bit; rows × columns × 4 has been checked for
// overflow by whoever made the view.
#pragma once

#include <cstddef>

namespace svp {

struct MatrixView {
  const float* data = nullptr;
  std::size_t rows = 0;
  std::size_t columns = 0;

  const float* row(std::size_t i) const { return data + i * columns; }
};

}  // namespace svp

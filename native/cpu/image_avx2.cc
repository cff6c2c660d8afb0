#include "image_loops.h"
#include "jpeg_transform_avx2.h"

namespace svp::cpu {

ImageKernels image_kernels_avx2() {
  return {baseline_blocks, inverse_transform, double_columns, double_both, to_rgb, scale_row, scale_column};
}

}  // namespace svp::cpu

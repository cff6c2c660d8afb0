#include "image_loops.h"
#include "jpeg_transform.h"

namespace svp::cpu {

ImageKernels image_kernels_neon() {
  return {baseline_blocks, inverse_transform_wrapping, double_columns, double_both, to_rgb, scale_row, scale_column};
}

}  // namespace svp::cpu

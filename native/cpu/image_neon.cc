#include "image_scale.h"
#include "jpeg_blocks.h"
#include "jpeg_colours.h"
#include "jpeg_transform.h"

namespace svp::cpu {

ImageKernels image_kernels_neon() {
  return {baseline_blocks, inverse_transform_wrapping, double_columns, double_both, to_rgb, scale_rows, scale_column};
}

}  // namespace svp::cpu

#include "image_lanes_avx512.h"

#include "image_groups_avx512.h"
#include "image_scale_lanes.h"
#include "jpeg_blocks.h"
#include "jpeg_colours_lanes.h"
#include "jpeg_transform_avx2.h"

namespace svp::cpu {

ImageKernels image_kernels_avx512() {
  return {baseline_blocks, inverse_transform, double_columns, double_both, to_rgb, scale_rows, scale_column};
}

}  // namespace svp::cpu

// Runs a kernel on the host: every block of the grid, one after the other.
#pragma once

#include <cstddef>

#include "shim.h"

namespace svp::cuda::shim {

void run_grid(Index3 grid, Index3 block, std::size_t shared_bytes, void (*call)(const void* kernel, void** arguments),
              const void* kernel, void** arguments);

}  // namespace svp::cuda::shim

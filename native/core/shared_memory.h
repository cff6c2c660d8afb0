// Memory that two processes hold together, found by a file descriptor that one of them inherits.
#pragma once

#include <cstddef>

namespace svp {

// New memory of no bytes yet, without a name: it is gone with the last descriptor and mapping. Gives its descriptor, which
// a child gets only where it is handed on. Throws Error(memory).
int shared_memory_create();

// Maps `bytes` from `offset` on for reading and writing, and makes the memory that long where it is shorter; new bytes are
// 0 and take room only once they are written to. offset: a multiple of kSharedMemoryPage. Throws Error(option) for a
// descriptor that is none of such memory, Error(memory).
void* shared_memory_map(int descriptor, std::size_t offset, std::size_t bytes);
void shared_memory_unmap(void* mapped, std::size_t bytes);

constexpr std::size_t kSharedMemoryPage = std::size_t{1} << 16;  // of every system that this runs on

}  // namespace svp

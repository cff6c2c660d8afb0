#include "core/shared_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

#include "svp/error.h"

namespace svp {

namespace {

[[noreturn]] void memory_error(const std::string& doing) {
  throw Error(ErrorCode::memory, "Memory shared with another process cannot be " + doing + ": " + std::strerror(errno) +
                                     ". Use a smaller batch.");
}

}  // namespace

int shared_memory_create() {
#if defined(__linux__)
  const int descriptor = ::memfd_create("svp", MFD_CLOEXEC);
  if (descriptor < 0) memory_error("had");
  return descriptor;
#else
  // A file that has lost its name serves where there is no memory without one.
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr && *folder != 0 ? folder : "/tmp") + "/svp-XXXXXX";
  const int descriptor = ::mkstemp(&path[0]);
  if (descriptor < 0) memory_error("had in " + path);
  ::unlink(path.c_str());
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return descriptor;
#endif
}

void* shared_memory_map(int descriptor, std::size_t offset, std::size_t bytes) {
  constexpr std::size_t kMost = static_cast<std::size_t>(std::numeric_limits<off_t>::max());
  if (bytes == 0 || bytes > kMost || offset > kMost - bytes || offset % kSharedMemoryPage != 0) {
    throw Error(ErrorCode::option, "A part of shared memory must begin at a whole page and hold at least a byte.");
  }
  struct stat status;
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::option, "The descriptor " + std::to_string(descriptor) + " is not shared memory.");
  }
  const off_t end = static_cast<off_t>(offset + bytes);
  if (status.st_size < end && ::ftruncate(descriptor, end) != 0) memory_error("made larger");
  void* mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, static_cast<off_t>(offset));
  if (mapped == MAP_FAILED) memory_error("mapped");
  return mapped;
}

void shared_memory_unmap(void* mapped, std::size_t bytes) { ::munmap(mapped, bytes); }

}  // namespace svp

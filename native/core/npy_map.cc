// .npy files mapped read-only: the operating system pages rows in and out, so the pool may be larger than memory.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <string>

#include "svp/half.h"
#include "core/npy_header.h"
#include "svp/error.h"
#include "svp/feature_source.h"

namespace svp {

namespace {

[[noreturn]] void file_error(const std::string& path, const char* doing) {
  throw Error(ErrorCode::file, "Cannot " + std::string(doing) + " " + path + ": " + std::strerror(errno) + ".");
}

// The mapped bytes of a whole file.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) file_error(path, "open");
    struct stat status;
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      throw Error(ErrorCode::file, path + " is not a regular file.");
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > 0) {
      void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
      if (mapped == MAP_FAILED) {
        ::close(descriptor);
        file_error(path, "map");
      }
      bytes_ = static_cast<const unsigned char*>(mapped);
    }
    ::close(descriptor);
  }
  ~Mapping() {
    if (bytes_ != nullptr) ::munmap(const_cast<unsigned char*>(bytes_), size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const unsigned char* bytes() const { return bytes_; }
  std::size_t size() const { return size_; }

 private:
  const unsigned char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

class NpyFeatures final : public FeatureSource {
 public:
  NpyFeatures(const std::string& path, std::unique_ptr<Mapping> mapping, const NpyHeader& header)
      : FeatureSource(header.rows, header.columns, path),
        mapping_(std::move(mapping)),
        type_(header.type),
        data_(mapping_->bytes() + header.data_offset) {}

  const float* row(std::size_t i, float* scratch) const override {
    const std::size_t d = columns();
    if (type_ == NpyType::float32) {
      const unsigned char* from = data_ + i * d * sizeof(float);
      // The format aligns its data; a file that does not is read through a copy.
      if (reinterpret_cast<std::uintptr_t>(from) % alignof(float) == 0) return reinterpret_cast<const float*>(from);
      std::memcpy(scratch, from, d * sizeof(float));
    } else if (type_ == NpyType::float16) {
      widen_half(data_ + i * d * sizeof(std::uint16_t), d, scratch);
    } else {
      const unsigned char* from = data_ + i * d * sizeof(double);
      for (std::size_t k = 0; k < d; k++) {
        double value;
        std::memcpy(&value, from + k * sizeof(double), sizeof(double));
        scratch[k] = static_cast<float>(value);
      }
    }
    return scratch;
  }

  bool direct() const override {
    return type_ == NpyType::float32 && reinterpret_cast<std::uintptr_t>(data_) % alignof(float) == 0;
  }

 private:
  const std::unique_ptr<Mapping> mapping_;
  const NpyType type_;
  const unsigned char* const data_;
};

}  // namespace

std::unique_ptr<FeatureSource> npy_features(const std::string& path) {
  auto mapping = std::make_unique<Mapping>(path);
  const NpyHeader header = parse_npy_header(path, mapping->bytes(), mapping->size());
  return std::make_unique<NpyFeatures>(path, std::move(mapping), header);
}

NpyShape npy_shape(const std::string& path) {
  const Mapping mapping(path);
  const NpyHeader header = parse_npy_header(path, mapping.bytes(), mapping.size());
  return {header.rows, header.columns, name(header.type)};
}

}  // namespace svp

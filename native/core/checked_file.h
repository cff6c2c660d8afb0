// Files that are either whole and undamaged or refused: magic, payload, its length, and a checksum of everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace svp {

bool file_exists(const std::string& path);

// Order-sensitive 64-bit checksum, in pieces of any size.
class Checksum {
 public:
  void add(const void* bytes, std::size_t count);
  std::uint64_t value() const;

 private:
  std::uint64_t state_ = 0xcbf29ce484222325u;
  std::uint64_t length_ = 0;
  std::uint64_t pending_ = 0;
  unsigned held_ = 0;  // bytes in pending_
};

// Writes to a temporary file beside `path`. Throws Error(write); then, or without commit(), nothing is left behind.
class CheckedWriter {
 public:
  CheckedWriter(const std::string& path, const char (&magic)[8]);
  ~CheckedWriter();
  CheckedWriter(const CheckedWriter&) = delete;
  CheckedWriter& operator=(const CheckedWriter&) = delete;

  void number(std::uint64_t value) { bytes(&value, sizeof(value)); }
  template <typename T>
  void array(const T* values, std::size_t count) {
    number(count);
    bytes(values, count * sizeof(T));
  }
  // Flushed to the disk, the old file renamed to `previous`, this one to `path`.
  void commit(const std::string& previous);

 private:
  void bytes(const void* data, std::size_t count);
  [[noreturn]] void fail(int error);

  const std::string path_;
  const std::string temporary_;
  std::FILE* file_ = nullptr;
  Checksum checksum_;
};

// Throws Error(checkpoint) for damage and Error(file) where the file cannot be read. The checksum is verified before
// anything is handed out.
class CheckedReader {
 public:
  CheckedReader(const std::string& path, const char (&magic)[8]);
  ~CheckedReader();
  CheckedReader(const CheckedReader&) = delete;
  CheckedReader& operator=(const CheckedReader&) = delete;

  std::uint64_t number();
  template <typename T>
  std::vector<T> array() {
    const std::uint64_t count = number();
    if (count > left_ / sizeof(T)) damaged("it promises more than it holds");
    std::vector<T> values(static_cast<std::size_t>(count));
    bytes(values.data(), values.size() * sizeof(T));
    return values;
  }
  // Everything must have been read.
  void finish();

 private:
  void bytes(void* out, std::size_t count);
  [[noreturn]] void damaged(const std::string& why) const;

  const std::string path_;
  std::FILE* file_ = nullptr;
  std::uint64_t left_ = 0;
};

}  // namespace svp

#include "core/checked_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "svp/error.h"

namespace svp {

namespace {

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// ".name." before the process id in the names of a file's temporaries.
std::string temporary_prefix(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return "." + (slash == std::string::npos ? path : path.substr(slash + 1)) + ".";
}

// Beside the file, hidden, and unlike that of any other writer.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> count{0};
  const std::size_t slash = path.find_last_of('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  return folder + temporary_prefix(path) + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".tmp";
}

// Removes what writers of this file left that were killed while they wrote.
void remove_orphans(const std::string& path) {
  const std::string folder = folder_of(path);
  const std::string prefix = temporary_prefix(path);
  DIR* entries = ::opendir(folder.c_str());
  if (entries == nullptr) return;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    if (name.compare(0, prefix.size(), prefix) != 0 || name.size() < 4 || name.substr(name.size() - 4) != ".tmp") continue;
    const long process = std::atol(name.c_str() + prefix.size());
    if (process > 0 && ::kill(static_cast<pid_t>(process), 0) != 0 && errno == ESRCH) {
      ::unlink((folder + "/" + name).c_str());
    }
  }
  ::closedir(entries);
}

const char* remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return "The disk is full: free some room or write elsewhere.";
    case EACCES:
    case EPERM:
    case EROFS: return "The folder is not writable: change its permissions or write elsewhere.";
    case ENOENT:
    case ENOTDIR: return "The folder does not exist: create it first.";
    case EISDIR: return "A folder has that name: choose another.";
    default: return "Check the path and the disk.";
  }
}

}  // namespace

bool file_exists(const std::string& path) {
  struct stat status;
  return ::stat(path.c_str(), &status) == 0;
}

void Checksum::add(const void* bytes, std::size_t count) {
  const unsigned char* at = static_cast<const unsigned char*>(bytes);
  length_ += count;
  const auto absorb = [&](std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9fb21c651e98df25u;
    state_ ^= state_ >> 32;
  };
  while (held_ != 0 && count > 0) {
    pending_ |= static_cast<std::uint64_t>(*at++) << (8 * held_);
    count--;
    if (++held_ == 8) {
      absorb(pending_);
      pending_ = held_ = 0;
    }
  }
  for (; count >= 8; count -= 8, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    absorb(word);
  }
  for (; count > 0; count--) pending_ |= static_cast<std::uint64_t>(*at++) << (8 * held_++);
}

std::uint64_t Checksum::value() const {
  std::uint64_t x = (state_ ^ pending_) * 0x9fb21c651e98df25u ^ length_;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  return x ^ (x >> 31);
}

CheckedWriter::CheckedWriter(const std::string& path, const char (&magic)[8])
    : path_(path), temporary_(temporary_name(path)) {
  remove_orphans(path);
  file_ = std::fopen(temporary_.c_str(), "wbx");
  if (file_ == nullptr) fail(errno);
  bytes(magic, sizeof(magic));
}

CheckedWriter::~CheckedWriter() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  ::unlink(temporary_.c_str());
}

void CheckedWriter::fail(int error) {
  if (file_ != nullptr) {
    std::fclose(file_);
    file_ = nullptr;
    ::unlink(temporary_.c_str());
  }
  throw Error(ErrorCode::write, "Cannot write " + path_ + " (" + std::strerror(error) + "). " + remedy(error));
}

void CheckedWriter::bytes(const void* data, std::size_t count) {
  if (count > 0 && std::fwrite(data, 1, count, file_) != count) fail(errno);
  checksum_.add(data, count);
}

void CheckedWriter::commit(const std::string& previous) {
  const std::uint64_t checksum = checksum_.value();
  if (std::fwrite(&checksum, sizeof(checksum), 1, file_) != 1) fail(errno);
  if (std::fflush(file_) != 0 || ::fsync(::fileno(file_)) != 0) fail(errno);
  std::FILE* file = file_;
  file_ = nullptr;
  int error = std::fclose(file) != 0 ? errno : 0;
  if (error == 0 && file_exists(path_) && std::rename(path_.c_str(), previous.c_str()) != 0) error = errno;
  if (error == 0 && std::rename(temporary_.c_str(), path_.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(temporary_.c_str());
    fail(error);
  }
  // The names themselves reach the disk with their folder.
  const int folder = ::open(folder_of(path_).c_str(), O_RDONLY | O_CLOEXEC);
  if (folder >= 0) {
    ::fsync(folder);
    ::close(folder);
  }
}

CheckedReader::CheckedReader(const std::string& path, const char (&magic)[8]) : path_(path) {
  file_ = std::fopen(path.c_str(), "rb");
  if (file_ == nullptr) {
    throw Error(ErrorCode::file, "Cannot read " + path + " (" + std::strerror(errno) + ").");
  }
  try {
    std::vector<unsigned char> buffer(std::size_t{1} << 20);
    struct stat status;
    if (::fstat(::fileno(file_), &status) != 0 || !S_ISREG(status.st_mode)) damaged("it is not a regular file");
    const std::uint64_t size = static_cast<std::uint64_t>(status.st_size);
    if (size < sizeof(magic) + sizeof(std::uint64_t)) damaged("it is too short");
    left_ = size - sizeof(std::uint64_t);
    Checksum checksum;
    for (std::uint64_t at = 0; at < left_;) {
      const std::size_t piece = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left_ - at));
      if (std::fread(buffer.data(), 1, piece, file_) != piece) damaged("it cannot be read to its end");
      if (at == 0 && std::memcmp(buffer.data(), magic, sizeof(magic)) != 0) {
        damaged("it is not a checkpoint of this version");
      }
      checksum.add(buffer.data(), piece);
      at += piece;
    }
    std::uint64_t expected = 0;
    if (std::fread(&expected, sizeof(expected), 1, file_) != 1 || expected != checksum.value()) {
      damaged("its checksum does not agree with its content");
    }
    std::fseek(file_, sizeof(magic), SEEK_SET);
    left_ -= sizeof(magic);
  } catch (...) {
    std::fclose(file_);
    throw;
  }
}

CheckedReader::~CheckedReader() { std::fclose(file_); }

void CheckedReader::damaged(const std::string& why) const {
  throw Error(ErrorCode::checkpoint, path_ + " is not usable as a checkpoint: " + why + ".");
}

std::uint64_t CheckedReader::number() {
  std::uint64_t value;
  bytes(&value, sizeof(value));
  return value;
}

void CheckedReader::bytes(void* out, std::size_t count) {
  if (count > left_) damaged("it ends too early");
  if (count > 0 && std::fread(out, 1, count, file_) != count) damaged("it cannot be read to its end");
  left_ -= count;
}

void CheckedReader::finish() {
  if (left_ != 0) damaged("it holds more than it should");
}

}  // namespace svp

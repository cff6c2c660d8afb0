// Reads a .npy file of float32 rows for the C++ rivals: their measurements begin after that.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

struct Features {
  float* data;  // 64-byte aligned
  long rows;
  long columns;
};

[[noreturn]] inline void give_up(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

inline Features read_features(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) give_up(std::string("cannot open ") + path);
  unsigned char start[12];
  if (std::fread(start, 1, 10, file) != 10 || std::memcmp(start, "\x93NUMPY", 6) != 0) give_up("not a .npy file");
  std::size_t length = start[8] | start[9] << 8;
  if (start[6] != 1) {
    if (std::fread(start + 10, 1, 2, file) != 2) give_up("cut off");
    length |= static_cast<std::size_t>(start[10]) << 16 | static_cast<std::size_t>(start[11]) << 24;
  }
  std::string header(length, ' ');
  if (std::fread(&header[0], 1, length, file) != length) give_up("cut off");
  const std::size_t shape = header.find("'shape': (");
  Features f{};
  if (header.find("'<f4'") == std::string::npos || header.find("'fortran_order': False") == std::string::npos ||
      shape == std::string::npos || std::sscanf(header.c_str() + shape, "'shape': (%ld, %ld", &f.rows, &f.columns) != 2) {
    give_up("not float32 rows in C order: " + header);
  }
  const std::size_t count = static_cast<std::size_t>(f.rows) * static_cast<std::size_t>(f.columns);
  f.data = static_cast<float*>(std::aligned_alloc(64, (count * 4 + 63) / 64 * 64));
  if (f.data == nullptr || std::fread(f.data, 4, count, file) != count) give_up("cut off, or no memory");
  std::fclose(file);
  return f;
}

// Picks as uint32; with radii those follow as float64.
inline void write_answer(const char* path, const unsigned* indices, const double* radii, long count) {
  std::FILE* file = std::fopen(path, "wb");
  if (file == nullptr) give_up(std::string("cannot write ") + path);
  const std::size_t picks = static_cast<std::size_t>(count);
  bool written = std::fwrite(indices, 4, picks, file) == picks;
  if (radii != nullptr) written = written && std::fwrite(radii, 8, picks, file) == picks;
  if (!written || std::fclose(file) != 0) give_up(std::string("cannot write ") + path);
}

// The most memory that this process ever held, in bytes (Linux).
inline double peak_bytes() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return 0;
  char line[256];
  double kib = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "VmHWM: %lf kB", &kib) == 1) break;
  }
  std::fclose(file);
  return kib * 1024;
}

// A test case is TEST(name) { … CHECK(condition); … }. A failed check is reported and fails the run; the case goes on.
#pragma once

#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "svp/error.h"

namespace svp::test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int& failures() {
  static int count = 0;
  return count;
}

struct Registration {
  Registration(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

inline void report(bool passed, const char* condition, const char* file, int line) {
  if (passed) return;
  failures()++;
  std::printf("  failed: %s (%s:%d)\n", condition, file, line);
}

// The code of the svp::Error that `body` throws; any other outcome is a failure.
inline bool throws(ErrorCode code, const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code == code;
  }
  return false;
}

inline bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

// Numbers that are the same on every machine.
class Numbers {
 public:
  explicit Numbers(unsigned seed) : state_(seed) {}
  // In [−scale/2, scale/2).
  float next(float scale) {
    state_ = state_ * 1664525u + 1013904223u;
    return (static_cast<float>(state_ >> 8) / 16777216.0f - 0.5f) * scale;
  }
  std::vector<float> many(std::size_t count, float scale) {
    std::vector<float> out(count);
    for (float& x : out) x = next(scale);
    return out;
  }

 private:
  unsigned state_;
};

}  // namespace svp::test

#define TEST(name)                                                      \
  static void name();                                                   \
  static const ::svp::test::Registration name##_registered(#name, name); \
  static void name()

#define CHECK(condition) ::svp::test::report(static_cast<bool>(condition), #condition, __FILE__, __LINE__)

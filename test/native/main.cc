#include <exception>

#include "check.h"

int main(int argc, char** argv) {
  int run = 0;
  for (const svp::test::Case& test : svp::test::cases()) {
    // An argument selects the cases whose name contains it.
    if (argc > 1 && std::string(test.name).find(argv[1]) == std::string::npos) continue;
    std::printf("%s\n", test.name);
    std::fflush(stdout);
    run++;
    try {
      test.body();
    } catch (const std::exception& error) {
      svp::test::failures()++;
      std::printf("  threw: %s\n", error.what());
    }
  }
  std::printf("%d cases, %d failed checks\n", run, svp::test::failures());
  return run == 0 || svp::test::failures() != 0;
}

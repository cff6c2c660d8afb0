#include "svp/instruction_set.h"

#include <cstdlib>

#include "check.h"

using namespace svp;

namespace {

void with_environment(const char* value, const std::function<void()>& body) {
  const char* before = std::getenv("SVP_INSTRUCTION_SET");
  const std::string kept = before == nullptr ? "" : before;
  setenv("SVP_INSTRUCTION_SET", value, 1);
  body();
  if (before == nullptr) {
    unsetenv("SVP_INSTRUCTION_SET");
  } else {
    setenv("SVP_INSTRUCTION_SET", kept.c_str(), 1);
  }
}

}  // namespace

TEST(instruction_set_best_last_and_forced_by_the_environment) {
  const std::vector<InstructionSet> sets = available_instruction_sets();
  CHECK(sets.front() == InstructionSet::scalar);
  with_environment("", [&] { CHECK(choose_instruction_set() == sets.back()); });
  for (const InstructionSet set : sets) {
    with_environment(name(set), [&] { CHECK(choose_instruction_set() == set); });
  }
}

TEST(instruction_set_that_is_not_here_is_an_error) {
  const std::vector<InstructionSet> sets = available_instruction_sets();
  for (const InstructionSet set :
       {InstructionSet::scalar, InstructionSet::avx2, InstructionSet::avx512, InstructionSet::neon}) {
    bool here = false;
    for (const InstructionSet available : sets) here = here || available == set;
    if (here) continue;
    with_environment(name(set), [] { CHECK(test::throws(ErrorCode::device, [] { choose_instruction_set(); })); });
  }
  for (const char* unknown : {"AVX2", "sse2", "avx2 ", "best"}) {
    with_environment(unknown, [] { CHECK(test::throws(ErrorCode::device, [] { choose_instruction_set(); })); });
  }
}

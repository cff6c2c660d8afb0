// The threads of a block as fibers of one system thread, which take turns at barriers.
#include "fibers.h"

#include <setjmp.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "shim.h"

namespace svp::cuda::shim {

namespace {

constexpr std::size_t kStackBytes = 128 * 1024;
constexpr unsigned kWarp = 32;

struct Copy {
  void* to;
  const void* from;
  bool valid;
};

struct Fiber {
  jmp_buf at;
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  bool started = false;
  bool finished = false;
  Index3 thread{};
  unsigned number = 0;
  unsigned parity = 0;                     // of the warp's next exchange
  std::vector<std::vector<Copy>> copies;   // committed groups, oldest first; the last is still open
};

// Where some fibers wait for all of theirs.
struct Barrier {
  unsigned members = 0;
  unsigned arrived = 0;
  unsigned long generation = 0;

  void release_if_all() {
    if (arrived == members) {
      arrived = 0;
      generation++;
    }
  }
};

struct Warp {
  Barrier barrier;
  std::uint32_t words[2][kWarp * kExchangeWords];
};

struct Machine {
  std::vector<std::unique_ptr<Fiber>> fibers;  // kept from launch to launch
  std::vector<Warp> warps;
  Barrier block;
  unsigned threads = 0;
  unsigned running = 0;
  unsigned left = 0;  // fibers of this block that have not finished
  jmp_buf scheduler;
  Index3 block_at{}, block_size{}, grid{};
  void (*call)(const void* kernel, void** arguments) = nullptr;
  const void* kernel = nullptr;
  void** arguments = nullptr;
  std::vector<unsigned char> shared;

  Fiber& current() { return *fibers[running]; }
};

Machine& machine() {
  static thread_local Machine one;
  return one;
}

void resume(Machine& m, unsigned next);

// To the next fiber that has not finished, round and round.
void yield(Machine& m) {
  Fiber& me = m.current();
  unsigned next = m.running;
  do {
    next = next + 1 == m.threads ? 0 : next + 1;
  } while (m.fibers[next]->finished);
  if (&*m.fibers[next] == &me) {
    std::fprintf(stderr, "svp cuda host: a kernel's threads wait for one that has ended\n");
    std::abort();
  }
  if (_setjmp(me.at) == 0) resume(m, next);
}

void body() {
  for (;;) {
    Machine& m = machine();
    m.call(m.kernel, m.arguments);
    Fiber& me = m.current();
    me.finished = true;
    m.left--;
    // Those who wait must not wait for this one.
    Warp& warp = m.warps[me.number / kWarp];
    warp.barrier.members--;
    m.block.members--;
    if (warp.barrier.members > 0) warp.barrier.release_if_all();
    if (m.block.members > 0) m.block.release_if_all();
    if (_setjmp(me.at) == 0) {
      if (m.left == 0) _longjmp(m.scheduler, 1);
      unsigned next = m.running;
      do {
        next = next + 1 == m.threads ? 0 : next + 1;
      } while (m.fibers[next]->finished);
      resume(m, next);
    }
  }
}

void resume(Machine& m, unsigned next) {
  m.running = next;
  Fiber& fiber = *m.fibers[next];
  if (fiber.started) _longjmp(fiber.at, 1);
  fiber.started = true;
  setcontext(&fiber.context);
}

void prepare(Machine& m, Index3 size) {
  m.threads = size.x * size.y * size.z;
  while (m.fibers.size() < m.threads) {
    auto fiber = std::make_unique<Fiber>();
    fiber->stack = std::make_unique<char[]>(kStackBytes);
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack.get();
    fiber->context.uc_stack.ss_size = kStackBytes;
    fiber->context.uc_link = nullptr;
    makecontext(&fiber->context, body, 0);
    m.fibers.push_back(std::move(fiber));
  }
  m.left = m.threads;
  m.block = Barrier{};
  m.block.members = m.threads;
  m.warps.assign((m.threads + kWarp - 1) / kWarp, Warp{});
  for (unsigned t = 0; t < m.threads; t++) {
    Fiber& fiber = *m.fibers[t];
    fiber.finished = false;
    fiber.number = t;
    fiber.parity = 0;
    fiber.thread = {t % size.x, t / size.x % size.y, t / size.x / size.y};
    fiber.copies.assign(1, {});
    m.warps[t / kWarp].barrier.members++;
  }
}

void arrive(Machine& m, Barrier& barrier) {
  const unsigned long generation = barrier.generation;
  barrier.arrived++;
  barrier.release_if_all();
  while (barrier.generation == generation) yield(m);
}

}  // namespace

void run_grid(Index3 grid, Index3 block, std::size_t shared_bytes, void (*call)(const void*, void**),
              const void* kernel, void** arguments) {
  Machine& m = machine();
  m.grid = grid;
  m.block_size = block;
  m.call = call;
  m.kernel = kernel;
  m.arguments = arguments;
  m.shared.resize(shared_bytes + 128);
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        m.block_at = {x, y, z};
        // What a block finds in shared memory is not its own: numbers that would be noticed.
        std::memset(m.shared.data(), 0xcd, m.shared.size());
        prepare(m, block);
        if (_setjmp(m.scheduler) == 0) resume(m, 0);
      }
    }
  }
}

const Index3& thread_index() { return machine().current().thread; }
const Index3& block_index() { return machine().block_at; }
const Index3& block_size() { return machine().block_size; }
const Index3& grid_size() { return machine().grid; }
unsigned lane() { return machine().running % kWarp; }

unsigned char* dynamic_shared() {
  const auto at = reinterpret_cast<std::uintptr_t>(machine().shared.data());
  return reinterpret_cast<unsigned char*>((at + 127) / 128 * 128);
}

void synchronize_block() {
  Machine& m = machine();
  arrive(m, m.block);
}

void synchronize_warp() {
  Machine& m = machine();
  arrive(m, m.warps[m.running / kWarp].barrier);
}

const std::uint32_t* exchange(const void* mine, int words) {
  Machine& m = machine();
  Fiber& me = m.current();
  Warp& warp = m.warps[me.number / kWarp];
  std::uint32_t* table = warp.words[me.parity];
  std::memcpy(table + (me.number % kWarp) * kExchangeWords, mine, static_cast<std::size_t>(words) * 4);
  me.parity ^= 1;
  arrive(m, warp.barrier);
  return table;
}

void copy_later(void* shared, const void* global, bool valid) {
  machine().current().copies.back().push_back({shared, global, valid});
}

void commit_copies() { machine().current().copies.emplace_back(); }

void wait_copies(unsigned groups_left) {
  std::vector<std::vector<Copy>>& groups = machine().current().copies;
  while (groups.size() > groups_left + 1) {
    for (const Copy& copy : groups.front()) {
      if (copy.valid) std::memcpy(copy.to, copy.from, 16);
      else std::memset(copy.to, 0, 16);
    }
    groups.erase(groups.begin());
  }
}

}  // namespace svp::cuda::shim

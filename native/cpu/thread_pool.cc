#include "svp/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

#include "svp/error.h"

namespace svp {

namespace {

// Whole processors that the cgroup's CPU quota pays for; 0 where there is no quota.
unsigned cgroup_quota() {
  double quota = 0;
  double period = 0;
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  std::string first;
  if (v2 >> first >> period) {
    if (first != "max") quota = std::atof(first.c_str());
  } else {
    std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (!(quota_file >> quota) || !(period_file >> period)) quota = 0;
  }
  if (quota <= 0 || period <= 0) return 0;
  return std::max(1u, static_cast<unsigned>(quota / period + 0.5));
}

}  // namespace

unsigned available_processors() {
  unsigned count = std::max(1u, std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) count = std::max(1, CPU_COUNT(&set));
#endif
  const unsigned quota = cgroup_quota();
  return quota == 0 ? count : std::min(count, quota);
}

unsigned useful_threads(unsigned wanted, std::size_t pieces) {
  if (pieces <= 1) return 1;
  if (wanted == 0) wanted = available_processors();
  return static_cast<unsigned>(std::min<std::size_t>(wanted, pieces));
}

struct ThreadPool::State {
  using Body = std::function<void(std::size_t, std::size_t, unsigned)>;

  std::vector<std::thread> threads;

  std::mutex mutex;
  std::condition_variable work_arrived;
  std::condition_variable work_finished;
  // Guarded by mutex. A worker runs each generation exactly once; parallel_for waits until all have.
  std::uint64_t generation = 0;
  unsigned working = 0;
  bool closing = false;
  std::exception_ptr failure;

  // Written by parallel_for before the generation is published, read by the workers afterwards.
  const Body* body = nullptr;
  std::size_t count = 0;
  std::size_t grain = 1;

  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};

  void take_pieces(unsigned thread) {
    try {
      while (!failed.load(std::memory_order_relaxed)) {
        // `next` stays at most threads × grain above count, so it cannot wrap: see the clamp in parallel_for.
        const std::size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
        if (begin >= count) return;
        (*body)(begin, begin + std::min(grain, count - begin), thread);
      }
    } catch (...) {
      failed.store(true, std::memory_order_relaxed);
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }

  void work(unsigned thread) {
    std::uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex);
        work_arrived.wait(lock, [&] { return closing || generation != seen; });
        if (closing) return;
        seen = generation;
      }
      take_pieces(thread);
      {
        const std::lock_guard<std::mutex> lock(mutex);
        if (--working == 0) work_finished.notify_one();
      }
    }
  }

  void close() {
    {
      const std::lock_guard<std::mutex> lock(mutex);
      closing = true;
    }
    work_arrived.notify_all();
    for (std::thread& thread : threads) thread.join();
    threads.clear();
  }
};

ThreadPool::ThreadPool(unsigned threads) : state_(std::make_unique<State>()) {
  if (threads == 0) threads = available_processors();
  if (threads > 1024) throw Error(ErrorCode::option, "At most 1024 threads can be used, not " + std::to_string(threads) + ".");
  try {
    for (unsigned i = 1; i < threads; i++) {
      State* state = state_.get();
      state->threads.emplace_back([state, i] { state->work(i); });
    }
  } catch (const std::exception& error) {
    // The system refused a thread: those already started must not outlive this object.
    const std::size_t started = state_->threads.size() + 1;
    state_->close();
    throw Error(ErrorCode::memory, "The system gave only " + std::to_string(started) + " of " +
                                       std::to_string(threads) + " threads (" + error.what() + "). Ask for fewer threads.");
  }
}

ThreadPool::~ThreadPool() { state_->close(); }

unsigned ThreadPool::size() const { return static_cast<unsigned>(state_->threads.size()) + 1; }

void ThreadPool::parallel_for(std::size_t count, std::size_t grain,
                              const std::function<void(std::size_t, std::size_t, unsigned)>& body) {
  if (count == 0) return;
  grain = std::clamp<std::size_t>(grain, 1, count);
  State& s = *state_;
  s.body = &body;
  s.count = count;
  s.grain = grain;
  s.next.store(0, std::memory_order_relaxed);
  s.failed.store(false, std::memory_order_relaxed);
  // One piece is not worth waking anybody for.
  const bool alone = s.threads.empty() || count <= grain;
  if (!alone) {
    {
      const std::lock_guard<std::mutex> lock(s.mutex);
      s.working = static_cast<unsigned>(s.threads.size());
      s.generation++;
    }
    s.work_arrived.notify_all();
  }
  s.take_pieces(0);
  std::exception_ptr failure;
  {
    std::unique_lock<std::mutex> lock(s.mutex);
    if (!alone) s.work_finished.wait(lock, [&] { return s.working == 0; });
    std::swap(failure, s.failure);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace svp

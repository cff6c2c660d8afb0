// The package's own thread pool: an explicit number of threads for one job, no global state, no OpenMP.
// The thread that calls parallel_for works too, so a pool of 1 starts no thread at all.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace svp {

class ThreadPool {
 public:
  // threads: 1 … 1024; 0 takes the number of processors this process may run on.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const;

  // Calls body(begin, end, thread) over [0, count) cut into pieces of at most `grain`, pieces handed out in ascending
  // order to whichever thread is free; thread is 0 … size() − 1. Returns when all are done. The first exception thrown
  // by a body is rethrown here after the other threads have stopped taking pieces. Not reentrant.
  void parallel_for(std::size_t count, std::size_t grain,
                    const std::function<void(std::size_t begin, std::size_t end, unsigned thread)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// As many of the wanted threads (0: all processors) as have one of `pieces` to work on, at least 1: a small call should
// not start threads that find nothing to do.
unsigned useful_threads(unsigned wanted, std::size_t pieces);

// Processors this process may run on (affinity and cgroup quota respected), at least 1.
unsigned available_processors();

}  // namespace svp

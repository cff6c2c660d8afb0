#include "svp/thread_pool.h"

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "check.h"

using namespace svp;

TEST(thread_pool_covers_every_index_once) {
  for (unsigned threads = 1; threads <= 8; threads++) {
    ThreadPool pool(threads);
    CHECK(pool.size() == threads);
    for (const std::size_t count : {0u, 1u, 2u, 7u, 64u, 1000u}) {
      for (const std::size_t grain : {0u, 1u, 3u, 64u, 5000u}) {
        std::vector<std::atomic<int>> seen(count);
        pool.parallel_for(count, grain, [&](std::size_t begin, std::size_t end, unsigned thread) {
          CHECK(begin < end && end <= count && thread < threads);
          CHECK(end - begin <= std::max<std::size_t>(grain, 1));
          for (std::size_t i = begin; i < end; i++) seen[i]++;
        });
        for (const std::atomic<int>& times : seen) CHECK(times == 1);
      }
    }
  }
}

TEST(thread_pool_thread_numbers_are_never_shared) {
  ThreadPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  pool.parallel_for(5000, 1, [&](std::size_t, std::size_t, unsigned thread) {
    CHECK(inside[thread].fetch_add(1) == 0);
    inside[thread].fetch_sub(1);
  });
}

TEST(thread_pool_writes_are_visible_after_the_loop) {
  ThreadPool pool(3);
  std::vector<std::size_t> values(10000);  // not atomic on purpose: ThreadSanitizer watches
  for (std::size_t round = 1; round <= 50; round++) {
    pool.parallel_for(values.size(), 100, [&](std::size_t begin, std::size_t end, unsigned) {
      for (std::size_t i = begin; i < end; i++) values[i] += round;
    });
  }
  for (const std::size_t value : values) CHECK(value == 50 * 51 / 2);
}

TEST(thread_pool_rethrows_the_first_error_and_stays_usable) {
  for (unsigned threads = 1; threads <= 4; threads++) {
    ThreadPool pool(threads);
    std::atomic<std::size_t> pieces{0};
    for (int round = 0; round < 20; round++) {
      CHECK(test::throws(ErrorCode::abort, [&] {
        pool.parallel_for(100000, 1, [&](std::size_t begin, std::size_t, unsigned) {
          pieces++;
          if (begin == 10) throw Error(ErrorCode::abort, "stop");
        });
      }));
      std::atomic<std::size_t> sum{0};
      pool.parallel_for(10, 1, [&](std::size_t begin, std::size_t, unsigned) { sum += begin; });
      CHECK(sum == 45);
    }
    // In a single round the throwing thread may lose its processor for so long that the others finish.
    CHECK(pieces < 20 * 100000);
  }
}

TEST(thread_pool_started_and_stopped_often) {
  for (int i = 0; i < 300; i++) {
    ThreadPool pool(1 + i % 6);
    if (i % 3 == 0) continue;  // never used
    std::atomic<int> count{0};
    pool.parallel_for(8, 1, [&](std::size_t, std::size_t, unsigned) { count++; });
    CHECK(count == 8);
  }
}

TEST(thread_pools_side_by_side) {
  std::vector<std::thread> callers;
  std::atomic<std::size_t> total{0};
  for (int i = 0; i < 6; i++) {
    callers.emplace_back([&] {
      ThreadPool pool(3);
      for (int round = 0; round < 50; round++) {
        pool.parallel_for(100, 7, [&](std::size_t begin, std::size_t end, unsigned) { total += end - begin; });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 6u * 50 * 100);
}

TEST(thread_pool_counts) {
  CHECK(available_processors() >= 1);
  CHECK(ThreadPool(0).size() == available_processors());
  CHECK(test::throws(ErrorCode::option, [] { ThreadPool pool(1025); }));
  CHECK(useful_threads(8, 0) == 1);
  CHECK(useful_threads(8, 1) == 1);
  CHECK(useful_threads(8, 3) == 3);
  CHECK(useful_threads(2, 100) == 2);
  CHECK(useful_threads(0, 1000000) == available_processors());
}

// Threads that share out tasks among them.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "threads/background_thread.hpp"

namespace gwparam {

class ThreadPool {
  public:
    // Of so many threads, at least 1, of which the caller of run() is one.
    explicit ThreadPool(int threads);

    // Runs task(0) to task(count - 1), any of them in any of the threads, and waits
    // for all. If one fails no further one begins, and its failure is thrown. Where no
    // more threads can be had, there are fewer.
    void run(std::size_t count, const std::function<void(std::size_t)> &task);

  private:
    std::vector<BackgroundThread> helpers_;
};

} // namespace gwparam

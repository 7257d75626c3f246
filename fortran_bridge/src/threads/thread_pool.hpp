// Threads that share out tasks among them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "threads/background_thread.hpp"

namespace gwparam {

// One for all that a scheme computes: its passes, and the columns that come in and go
// out. Nothing is allocated once the threads are there, which begin with the first work
// for them.
class ThreadPool {
  public:
    // Of so many threads, at least 1, of which the caller of run() is one.
    explicit ThreadPool(int threads);

    int threads() const { return static_cast<int>(helpers_.size()) + 1; }

    // Runs task(0) to task(count - 1), any of them in any of the threads, and waits
    // for all. The others compute in the caller's floating-point environment. If one
    // fails no further one begins, and the failure of the first of those that fail is
    // thrown: which one does not depend on the number of threads. Where no more threads
    // can be had, there are fewer. Called by two threads at once, one waits.
    template <typename Task> void run(std::size_t count, Task &&task) {
        if (is_for_one(count)) {
            run_alone(count, task);
            return;
        }
        const std::lock_guard<std::mutex> turn(turn_);
        share_out(count, AnyTask(task));
    }

    // Runs body(first, end) for parts of 0 to count - 1, each of which stands for so
    // many numbers: where they are few the caller takes all, since to wake a thread
    // takes as long. So it does while another caller has the threads. Failures as of
    // run().
    template <typename Body>
    void run_ranges(std::int64_t count, std::int64_t numbers, Body &&body) {
        const auto parts = static_cast<std::int64_t>(parts_of(count, numbers));
        const auto part = [&](std::size_t i) {
            const auto n = static_cast<std::int64_t>(i);
            body(count * n / parts, count * (n + 1) / parts);
        };
        std::unique_lock<std::mutex> turn(turn_, std::defer_lock);
        if (parts > 1 && turn.try_lock()) {
            share_out(static_cast<std::size_t>(parts), AnyTask(part));
        } else if (count > 0) {
            body(std::int64_t{0}, count);
        }
    }

  private:
    // Another's task, which outlives it.
    class AnyTask {
      public:
        template <typename Task>
        explicit AnyTask(Task &task)
            : task_(
                  const_cast<void *>(static_cast<const void *>(std::addressof(task)))),
              call_([](void *its, std::size_t i) { (*static_cast<Task *>(its))(i); }) {}
        void operator()(std::size_t i) const { call_(task_, i); }

      private:
        void *task_;
        void (*call_)(void *task, std::size_t i);
    };

    bool is_for_one(std::size_t count) const { return helpers_.empty() || count < 2; }
    template <typename Task> static void run_alone(std::size_t count, Task &task) {
        for (std::size_t i = 0; i < count; ++i) {
            task(i);
        }
    }
    std::size_t parts_of(std::int64_t count, std::int64_t numbers) const;
    void share_out(std::size_t count, const AnyTask &task);

    std::vector<BackgroundThread> helpers_;
    std::mutex turn_;
};

} // namespace gwparam

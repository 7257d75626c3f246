// A second thread that computes while the host goes on.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace gwparam {

class BackgroundThread {
  public:
    BackgroundThread() = default;
    BackgroundThread(const BackgroundThread &) = delete;
    BackgroundThread &operator=(const BackgroundThread &) = delete;
    // Waits for the task that is under way.
    ~BackgroundThread();

    // Begins a task; there is none under way.
    void start(std::function<void()> task);

    // Waits for the task, if there is one. Throws what it threw.
    void wait();

    // The same, but for a task that has not begun: that one never does.
    void wait_or_withdraw();

  private:
    void work();

    std::thread thread_; // from the first task on
    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> task_; // empty when there is nothing to do
    bool has_begun_ = false;     // of the task
    std::exception_ptr failure_;
    bool stop_ = false;
};

} // namespace gwparam

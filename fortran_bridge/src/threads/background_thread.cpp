#include "threads/background_thread.hpp"

#include <csignal>
#include <pthread.h>
#include <utility>

#include "base/host_environment.hpp"
#include "threads/cores.hpp"

namespace gwparam {

namespace {

// The host's signals are for the host's threads: a new thread inherits the mask.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked &) = delete;
    SignalsBlocked &operator=(const SignalsBlocked &) = delete;

  private:
    sigset_t before_{};
};

} // namespace

BackgroundThread::~BackgroundThread() {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void BackgroundThread::start(std::function<void()> task) {
    // First: where no thread can be had, wait() would wait for the task in vain.
    if (!thread_.joinable()) {
        const SignalsBlocked blocked;
        thread_ = std::thread([this] { work(); });
    }
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        task_ = std::move(task);
    }
    changed_.notify_all();
}

void BackgroundThread::wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !task_; });
    if (failure_) {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
}

void BackgroundThread::wait_or_withdraw() {
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!has_begun_) {
            task_ = nullptr;
        }
    }
    wait();
}

void BackgroundThread::work() {
    const FloatEnvironmentGuard environment;       // the host's traps are inherited too
    pthread_setname_np(pthread_self(), "gwparam"); // for those who look at the host
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stop_ || task_; });
        if (!task_) {
            return;
        }
        has_begun_ = true;
        lock.unlock(); // nobody changes the task before it is done
        use_all_cores();
        std::exception_ptr failure;
        try {
            task_();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        failure_ = failure;
        has_begun_ = false;
        task_ = nullptr;
        changed_.notify_all();
    }
}

} // namespace gwparam

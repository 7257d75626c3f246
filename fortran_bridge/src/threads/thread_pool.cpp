#include "threads/thread_pool.hpp"

#include <algorithm>
#include <atomic>
#include <exception>

namespace gwparam {

ThreadPool::ThreadPool(int threads) : helpers_(static_cast<std::size_t>(threads - 1)) {}

void ThreadPool::run(std::size_t count, const std::function<void(std::size_t)> &task) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        try {
            for (std::size_t i = next++; i < count; i = next++) {
                task(i);
            }
        } catch (...) {
            next = count;
            throw;
        }
    };
    std::exception_ptr failure;
    const auto attempt = [&failure](auto &&body) {
        try {
            body();
        } catch (...) {
            failure = failure ? failure : std::current_exception();
        }
    };
    std::size_t started = 0;
    try {
        while (started < helpers_.size() && started + 1 < count) {
            helpers_[started].start(work);
            ++started;
        }
    } catch (const std::exception &) {
        // No more threads, or no memory for them: those there are do it. To leave here
        // would take from them what they work on.
    }
    attempt(work);
    for (std::size_t i = 0; i < started; ++i) {
        attempt([&] { helpers_[i].wait(); });
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

} // namespace gwparam

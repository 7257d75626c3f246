#include "threads/thread_pool.hpp"

#include <atomic>
#include <cfenv>
#include <exception>

namespace gwparam {

namespace {

// Of a part, at least: some ten microseconds of copying. Several parts a thread, since
// threads do not begin together and others want their cores.
constexpr std::int64_t least_numbers = 1 << 14;
constexpr std::int64_t parts_a_thread = 4;

} // namespace

ThreadPool::ThreadPool(int threads) : helpers_(static_cast<std::size_t>(threads - 1)) {}

std::size_t ThreadPool::parts_of(std::int64_t count, std::int64_t numbers) const {
    if (helpers_.empty()) {
        return 1;
    }
    const std::int64_t most = std::min(count, parts_a_thread * threads());
    return static_cast<std::size_t>(std::clamp(count * numbers / least_numbers,
                                               std::int64_t{1},
                                               std::max(most, std::int64_t{1})));
}

void ThreadPool::share_out(std::size_t count, const AnyTask &task) {
    struct Shared {
        const AnyTask &task;
        std::size_t count;
        std::fenv_t environment{};
        std::atomic<std::size_t> next{0};
        std::mutex mutex; // of the failure
        std::size_t failed;
        std::exception_ptr failure;

        // Tasks begin in their order, so that all before one that fails have begun.
        void work() {
            for (std::size_t i = next++; i < count; i = next++) {
                try {
                    task(i);
                } catch (...) {
                    next = count;
                    const std::lock_guard<std::mutex> lock(mutex);
                    if (i < failed) {
                        failed = i;
                        failure = std::current_exception();
                    }
                }
            }
        }
    } shared{task, count, {}, {}, {}, count, {}};
    std::fegetenv(&shared.environment);
    std::size_t started = 0;
    try {
        while (started < helpers_.size() && started + 1 < count) {
            helpers_[started].start([&shared] {
                std::fesetenv(&shared.environment);
                shared.work();
            });
            ++started;
        }
    } catch (const std::exception &) {
        // No more threads, or no memory for them: those there are do it. To leave here
        // would take from them what they work on.
    }
    shared.work();
    for (std::size_t i = 0; i < started; ++i) {
        helpers_[i].wait_or_withdraw();
    }
    if (shared.failure) {
        std::rethrow_exception(shared.failure);
    }
}

} // namespace gwparam

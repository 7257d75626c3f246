// Threads that share out tasks: every task once, failures, and the caller among them.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <functional>
#include <mutex>
#include <new>
#include <pthread.h>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tap.h"
#include "threads/thread_pool.hpp"

namespace {

using gwparam::ThreadPool;

std::atomic<int> threads_left{1000};
std::atomic<int> allocations_left{1 << 30};

} // namespace

// In place of the C++ library's, so that memory runs out. Called, never inlined:
// valgrind puts its own in their place, in the one as in the other.
[[gnu::noinline]] void *operator new(std::size_t size) {
    void *memory = --allocations_left < 0 ? nullptr : std::malloc(size);
    if (memory == nullptr) {
        throw std::bad_alloc();
    }
    return memory;
}
[[gnu::noinline]] void operator delete(void *memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void *memory, std::size_t) noexcept {
    std::free(memory);
}

// In place of the C library's, so that threads run out.
extern "C" int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                              void *(*body)(void *), void *argument) {
    if (threads_left == 0) {
        return EAGAIN;
    }
    --threads_left;
    static const auto real =
        reinterpret_cast<decltype(&pthread_create)>(dlsym(RTLD_NEXT, "pthread_create"));
    return real(thread, attributes, body, argument);
}

namespace {

// How often each of `count` tasks ran.
std::vector<int> times_run(ThreadPool &pool, std::size_t count) {
    std::vector<std::atomic<int>> times(count);
    pool.run(count, [&](std::size_t i) { ++times[i]; });
    return {times.begin(), times.end()};
}

bool all_once(const std::vector<int> &times) {
    return std::all_of(times.begin(), times.end(), [](int n) { return n == 1; });
}

void test_every_task_runs_once() {
    bool once = true;
    for (const int threads : {1, 2, 3, 8}) {
        ThreadPool pool(threads);
        for (const std::size_t count : {0, 1, 2, 7, 100}) {
            for (int again = 0; again < 20; ++again) {
                once &= all_once(times_run(pool, count));
            }
        }
    }
    ok(once, "every task runs once, whatever the numbers of tasks and threads");
}

// Tasks that wait for each other end only if as many run at the same time.
void test_tasks_run_side_by_side() {
    std::mutex mutex;
    std::set<std::thread::id> seen;
    std::atomic<int> begun{0};
    ThreadPool pool(3);
    pool.run(3, [&](std::size_t) {
        {
            const std::lock_guard<std::mutex> lock(mutex);
            seen.insert(std::this_thread::get_id());
        }
        ++begun;
        while (begun < 3) {
            std::this_thread::yield();
        }
    });
    ok(seen.size() == 3, "three threads run three tasks at the same time");
    ok(seen.count(std::this_thread::get_id()) == 1, "and the caller is one of them");
}

void test_one_task_is_the_callers() {
    std::thread::id there;
    ThreadPool pool(4);
    pool.run(1, [&](std::size_t) { there = std::this_thread::get_id(); });
    ok(there == std::this_thread::get_id(), "a task alone runs in the caller's thread");
}

std::string failure_of(ThreadPool &pool, std::size_t count, std::size_t failing,
                       std::atomic<int> &runs) {
    try {
        pool.run(count, [&](std::size_t i) {
            ++runs;
            if (i == failing) {
                throw std::runtime_error("task " + std::to_string(i));
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        });
    } catch (const std::runtime_error &e) {
        return e.what();
    }
    return "nothing";
}

void test_failures() {
    for (const int threads : {1, 4}) {
        ThreadPool pool(threads);
        const std::string of = " of " + std::to_string(threads) + " threads";
        std::atomic<int> runs{0};
        ok(failure_of(pool, 20000, 5, runs) == "task 5",
           ("a failure comes back" + of).c_str());
        ok(runs < 20000, ("no task begins after it" + of).c_str());
        ok(all_once(times_run(pool, 50)), ("and the next run is well" + of).c_str());
        bool all_fail = false;
        try {
            pool.run(20, [](std::size_t) { throw std::runtime_error("each"); });
        } catch (const std::runtime_error &) {
            all_fail = true;
        }
        ok(all_fail, ("also where every task fails" + of).c_str());
    }
}

void test_no_more_threads() {
    ThreadPool pool(4);
    threads_left = 1;
    const bool once = all_once(times_run(pool, 50));
    ok(once && threads_left == 0, "where no more threads can be had, there are fewer");
    threads_left = 100;
    ok(all_once(times_run(pool, 50)) && threads_left == 98, "until they can be");
}

// The first helper has begun when there is no memory left to begin the second.
void test_no_more_memory() {
    ThreadPool pool(3);
    std::vector<std::atomic<int>> times(50);
    const std::function<void(std::size_t)> task = [&](std::size_t i) {
        ++times[i];
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    pool.run(2, task); // one helper has its thread
    allocations_left = 1;
    pool.run(times.size(), task);
    const bool ran_out = allocations_left < 0;
    allocations_left = 1 << 30;
    ok(ran_out && all_once({times.begin() + 2, times.end()}),
       "or where memory runs out");
}

} // namespace

int main(int argc, char **) {
    test_every_task_runs_once();
    test_tasks_run_side_by_side();
    test_one_task_is_the_callers();
    test_failures();
    test_no_more_threads();
    if (argc == 1) { // any argument: under a tool that allocates by itself
        test_no_more_memory();
    }
    return done_testing();
}

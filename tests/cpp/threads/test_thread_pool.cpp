// Threads that share out tasks: every task once, failures, and the caller among them.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cfenv>
#include <chrono>
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>
#include <new>
#include <pthread.h>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
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

// Tasks begin in their order, so that whoever fails first is not the one that counts.
void test_first_failure() {
    for (const int threads : {1, 2, 4}) {
        ThreadPool pool(threads);
        bool is_first = true;
        for (int again = 0; again < 50; ++again) {
            std::string text;
            try {
                pool.run(40, [](std::size_t i) {
                    if (i == 10) { // the slowest of those that fail
                        std::this_thread::sleep_for(std::chrono::milliseconds(1));
                    }
                    if (i >= 10) {
                        throw std::runtime_error(std::to_string(i));
                    }
                });
            } catch (const std::runtime_error &e) {
                text = e.what();
            }
            is_first &= text == "10";
        }
        ok(is_first, ("the first failure, on " + std::to_string(threads)).c_str());
    }
}

// The parts of a range, in their order.
std::vector<std::pair<std::int64_t, std::int64_t>>
parts_of(ThreadPool &pool, std::int64_t count, std::int64_t numbers) {
    std::mutex mutex;
    std::vector<std::pair<std::int64_t, std::int64_t>> parts;
    pool.run_ranges(count, numbers, [&](std::int64_t first, std::int64_t end) {
        const std::lock_guard<std::mutex> lock(mutex);
        parts.emplace_back(first, end);
    });
    std::sort(parts.begin(), parts.end());
    return parts;
}

void test_ranges() {
    bool all = true;
    bool none_small = true;
    for (const int threads : {1, 2, 3, 8}) {
        ThreadPool pool(threads);
        for (const std::int64_t count : {1, 100, 1000, 5003, 8192, 100000}) {
            std::int64_t next = 0;
            const auto parts = parts_of(pool, count, 40);
            for (const auto &[first, end] : parts) {
                all &= first == next && end > first;
                next = end;
                none_small &= parts.size() == 1 || (end - first) * 40 > 10000;
            }
            all &= next == count;
        }
        ok(parts_of(pool, 0, 40).empty(), "no part of nothing");
    }
    ok(all, "every place is in one part");
    ok(none_small, "of some thousands of numbers or all");
    ThreadPool pool(3);
    ok(parts_of(pool, 100000, 40).size() > 3 && parts_of(pool, 10, 40).size() == 1 &&
           parts_of(pool, 10, 40000).size() == 10,
       "where there is enough to do, for all threads");
    bool is_lowest = true;
    for (int again = 0; again < 50; ++again) {
        std::int64_t first_bad = -1;
        try {
            pool.run_ranges(50000, 40, [](std::int64_t first, std::int64_t end) {
                if (end > 20000) {
                    throw std::max(first, std::int64_t{20000});
                }
            });
        } catch (std::int64_t place) {
            first_bad = place;
        }
        is_lowest &= first_bad == 20000;
    }
    ok(is_lowest, "the failure of the first part that fails");
}

// A network that lags runs while the host puts.
void test_two_callers() {
    ThreadPool pool(2);
    std::atomic<bool> is_running{false};
    std::atomic<bool> may_end{false};
    std::thread other([&] {
        pool.run(2, [&](std::size_t) {
            is_running = true;
            while (!may_end) {
                std::this_thread::yield();
            }
        });
    });
    while (!is_running) {
        std::this_thread::yield();
    }
    std::set<std::thread::id> seen;
    std::int64_t places = 0;
    pool.run_ranges(100000, 40, [&](std::int64_t first, std::int64_t end) {
        seen.insert(std::this_thread::get_id());
        places += end - first;
    });
    ok(places == 100000 &&
           seen == std::set<std::thread::id>{std::this_thread::get_id()},
       "ranges wait for no other caller");
    std::thread third([&] { ok(all_once(times_run(pool, 50)), "tasks do"); });
    may_end = true;
    third.join();
    other.join();
}

void test_environment() {
    ThreadPool pool(3);
    std::atomic<int> down{0};
    const auto count = [&](std::size_t) {
        down += std::fegetround() == FE_DOWNWARD ? 1 : 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    pool.run(30, count);
    std::fesetround(FE_DOWNWARD);
    const int before = down;
    pool.run(30, count);
    std::fesetround(FE_TONEAREST);
    ok(before == 0 && down == 30, "all round as the caller does");
}

void test_allocates_nothing() {
    ThreadPool pool(3);
    const auto task = [](std::size_t) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    pool.run(30, task);
    const int left = allocations_left;
    pool.run(30, task);
    pool.run_ranges(100000, 40, [](std::int64_t, std::int64_t) {});
    ok(allocations_left == left, "nothing is allocated once the threads are there");
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
    const auto task = [&](std::size_t i) {
        ++times[i];
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    pool.run(2, task); // one helper has its thread
    allocations_left = 0;
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
    test_first_failure();
    test_ranges();
    test_two_callers();
    test_environment();
    test_no_more_threads();
    if (argc == 1) { // any argument: under a tool that allocates by itself
        test_allocates_nothing();
        test_no_more_memory();
    }
    return done_testing();
}

// The second thread: its tasks, its failures, and what it leaves to the host.
#include <atomic>
#include <cfenv>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

#include "tap.h"
#include "threads/background_thread.hpp"

namespace {

using gwparam::BackgroundThread;

void sleep_a_little() { std::this_thread::sleep_for(std::chrono::milliseconds(50)); }

void test_tasks() {
    BackgroundThread thread;
    thread.wait();
    std::thread::id first;
    thread.start([&] {
        sleep_a_little();
        first = std::this_thread::get_id();
    });
    thread.wait();
    thread.wait();
    ok(first != std::thread::id() && first != std::this_thread::get_id(),
       "a task runs in another thread");
    std::thread::id second;
    int count = 0;
    for (int n = 0; n < 1000; ++n) {
        thread.start([&] {
            second = std::this_thread::get_id();
            ++count;
        });
        thread.wait();
    }
    ok(second == first && count == 1000, "which is the same for all");
}

void test_failures() {
    BackgroundThread thread;
    std::string text;
    thread.start([] { throw std::runtime_error("no"); });
    try {
        thread.wait();
    } catch (const std::runtime_error &e) {
        text = e.what();
    }
    ok(text == "no", "what a task throws comes back");
    bool done = false;
    thread.wait();
    thread.start([&] { done = true; });
    thread.wait();
    ok(done, "once, and the next task is well");
}

void test_withdrawal() {
    BackgroundThread thread;
    std::atomic<int> begun{0};
    std::atomic<int> ended{0};
    int withdrawn = 0;
    for (int n = 0; n < 2000; ++n) {
        const int before = ended;
        thread.start([&] {
            ++begun;
            std::this_thread::yield();
            ++ended;
        });
        if (n % 2 == 0) {
            std::this_thread::yield();
        }
        thread.wait_or_withdraw();
        withdrawn += ended == before && begun == before ? 1 : 0;
    }
    const int those = ended;
    sleep_a_little();
    ok(begun == ended && ended == those && withdrawn > 0,
       "a task that has not begun can be taken back, others are waited for");
    bool done = false;
    thread.start([&] { done = true; });
    thread.wait();
    ok(done, "and the next one runs");
}

void test_end() {
    std::atomic<bool> done{false};
    {
        BackgroundThread thread;
        thread.start([&] {
            sleep_a_little();
            done = true;
        });
    }
    ok(done, "the thread ends after its task");
    {
        BackgroundThread thread;
        thread.start([] { throw std::runtime_error("nobody listens"); });
    }
    ok(true, "also where that fails");
}

bool all_blocked(const sigset_t &set) {
    bool blocked = true;
    for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGCHLD}) {
        blocked &= sigismember(&set, signal) == 1;
    }
    return blocked;
}

void test_signals() {
    sigset_t before;
    sigset_t after;
    sigset_t there;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    BackgroundThread thread;
    thread.start([&] { pthread_sigmask(SIG_SETMASK, nullptr, &there); });
    thread.wait();
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    ok(all_blocked(there), "signals are for the host's threads");
    ok(!all_blocked(before) && sigismember(&after, SIGTERM) == 0,
       "whose mask stays as it was");
}

void test_traps() {
    feenableexcept(FE_DIVBYZERO | FE_INVALID);
    const int asked = fegetexcept(); // none, where the processor has no traps
    int traps = -1;
    double infinite = 0.0;
    BackgroundThread thread;
    thread.start([&] {
        traps = fegetexcept();
        volatile double zero = 0.0;
        infinite = 1.0 / zero;
    });
    thread.wait();
    const int host_traps = fegetexcept();
    fedisableexcept(FE_ALL_EXCEPT);
    ok(traps == 0 && infinite > 1e300, "the host's traps are off in the thread");
    ok(host_traps == asked, "and as they were in the host");
}

} // namespace

int main(int argc, char **) {
    test_tasks();
    test_failures();
    test_withdrawal();
    test_end();
    test_signals();
    if (argc == 1) { // any argument: a short run, under a tool that knows no traps
        test_traps();
    }
    return done_testing();
}

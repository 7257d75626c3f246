// Whose turn it is: one call at a time, and no window of two threads.
#include <thread>

#include <sys/wait.h>

#include "api/turn.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Turn;

// Whether another thread is refused.
template <typename Body> bool refused_elsewhere(const char *text, Body &&body) {
    bool refused = false;
    std::thread([&] { refused = throws(GWPARAM_ERR_BUSY, text, body); }).join();
    return refused;
}

void test_one_call() {
    Turn turn;
    {
        const Turn::Call call(turn);
        ok(refused_elsewhere("in use by another thread",
                             [&] { Turn::Call other(turn); }),
           "a call while another is under way");
        ok(refused_elsewhere("in use by another thread",
                             [&] { Turn::Call other(turn); }),
           "and again: a refusal ends no call");
    }
    const Turn::Call call(turn);
    ok(true, "after it the next");
}

void test_window() {
    Turn turn;
    {
        Turn::Call call(turn);
        call.check_window();
        call.leaves_window(true);
    }
    const auto go_on = [&] {
        const Turn::Call call(turn);
        call.check_window();
    };
    ok(refused_elsewhere("which has put into the window", go_on),
       "a window that another thread has opened");
    go_on();
    {
        Turn::Call call(turn);
        call.leaves_window(false);
    }
    ok(!refused_elsewhere("", go_on), "but not once it is closed");
}

void test_result() {
    Turn turn;
    {
        Turn::Call call(turn);
        call.leaves_result(true);
    }
    const auto get = [&] {
        const Turn::Call call(turn);
        call.check_result();
    };
    ok(refused_elsewhere("which has run it since", get),
       "the result of a window that another thread has run");
    get();
    {
        Turn::Call call(turn);
        call.leaves_result(false);
    }
    ok(!refused_elsewhere("", get), "but not one of all windows");
}

void test_fork() {
    Turn turn;
    const pid_t child = fork();
    if (child == 0) {
        const bool refused =
            throws(GWPARAM_ERR_FORKED, "forked after the scheme was loaded",
                   [&] { Turn::Call call(turn); });
        _exit(refused && turn.is_forked() ? 0 : 1);
    }
    int status = -1;
    ok(waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0 && !turn.is_forked(),
       "a child of the process");
}

} // namespace

int main() {
    test_one_call();
    test_window();
    test_result();
    test_fork();
    return done_testing();
}

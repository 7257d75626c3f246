// Time of scopes, added up.
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/stopwatch.hpp"
#include "tap.h"

namespace {

void sleep() { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }

} // namespace

int main() {
    double seconds = 100.0;
    const auto begin = std::chrono::steady_clock::now();
    {
        const gwparam::Stopwatch stopwatch(seconds);
        sleep();
        ok(seconds == 100.0, "a scope counts at its end");
    }
    const double first = seconds;
    sleep(); // counts for nobody
    try {
        const gwparam::Stopwatch stopwatch(seconds);
        sleep();
        throw std::runtime_error("");
    } catch (const std::runtime_error &) {
        ok(first >= 100.02 && seconds >= first + 0.02,
           "scopes add up, left as they may");
    }
    const std::chrono::duration<double> all = std::chrono::steady_clock::now() - begin;
    ok(seconds - 100.0 <= all.count() - 0.02 + 1e-9,
       "what is between them does not count");
    return done_testing();
}

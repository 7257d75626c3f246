// The text that a status leaves behind, and what is refused alike everywhere.
#include <cstring>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

int main() {
    using gwparam::fail;
    using gwparam::last_error;
    ok(std::strcmp(last_error(), "") == 0, "no message before the first failure");
    ok(fail(GWPARAM_ERR_FILE, "no such file") == GWPARAM_ERR_FILE &&
           std::strcmp(last_error(), "no such file") == 0,
       "a failure hands its status on and leaves its message");
    bool is_apart = false;
    std::thread([&] {
        is_apart = std::strcmp(last_error(), "") == 0 &&
                   fail(GWPARAM_ERR_SHAPE, "theirs") == GWPARAM_ERR_SHAPE;
    }).join();
    ok(is_apart && std::strcmp(last_error(), "no such file") == 0,
       "each thread has its own");
    const std::string longer(2000, 'y');
    fail(GWPARAM_ERR_FILE, longer.c_str());
    ok(last_error() == std::string(1023, 'y'), "what does not fit is cut");
    fail(GWPARAM_ERR_FILE, "short");
    ok(last_error() == std::string("short"), "a shorter one leaves no rest of it");

    ok(throws(GWPARAM_ERR_ARGUMENT, "that is no time",
              [] { gwparam::reject_argument("that is no time"); }),
       "an argument is refused");
    bool is_free = true;
    for (const int choice : {0, 1, 2}) {
        gwparam::check_choice("colour", choice, 2);
    }
    for (const int choice : {-1, 3}) {
        is_free &= throws(GWPARAM_ERR_ARGUMENT,
                          "colour is " + std::to_string(choice) + ", expected 0 to 2",
                          [&] { gwparam::check_choice("colour", choice, 2); });
    }
    ok(is_free, "a choice is one of those that there are");
    return done_testing();
}

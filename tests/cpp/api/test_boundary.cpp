// What becomes of exceptions at the boundary to C: every status, and its message.
#include <cfenv>
#include <cstring>
#include <new>
#include <stdexcept>

#include "api/boundary.hpp"
#include "tap.h"

namespace {

using gwparam::guarded;

bool leaves(gwparam_status status, gwparam_status expected, const char *message) {
    return status == expected && std::strcmp(gwparam::last_error(), message) == 0;
}

void test_statuses() {
#define TEST_STATUS(name, number, meaning)                                             \
    if (name != GWPARAM_OK) {                                                          \
        ok(leaves(guarded([] { throw gwparam::Error(name, "why " #name); }), number,   \
                  "why " #name),                                                       \
           #name);                                                                     \
    }
    GWPARAM_STATUS_LIST(TEST_STATUS)
#undef TEST_STATUS
}

void test_foreign_exceptions() {
    ok(leaves(guarded([] { throw std::logic_error("a bug"); }), GWPARAM_ERR_INTERNAL,
              "a bug"),
       "another exception is a bug");
    ok(leaves(guarded([] { throw 7; }), GWPARAM_ERR_INTERNAL, "unknown exception"),
       "so is what is no exception");
    ok(leaves(guarded([] { throw std::bad_alloc(); }), GWPARAM_ERR_MEMORY,
              "out of memory"),
       "out of memory");
}

void test_success_keeps_the_last_message() {
    const gwparam_status failed =
        guarded([] { throw gwparam::Error(GWPARAM_ERR_FILE, "before"); });
    ok(failed == GWPARAM_ERR_FILE && leaves(guarded([] {}), GWPARAM_OK, "before"),
       "success leaves the message alone");
}

void test_long_message_is_cut() {
    const std::string text(5000, 'x');
    const gwparam_status status =
        guarded([&] { throw gwparam::Error(GWPARAM_ERR_FILE, text); });
    ok(status == GWPARAM_ERR_FILE && std::strlen(gwparam::last_error()) == 1023,
       "a long message is cut");
}

void test_rounding_of_the_host() {
    std::fesetround(FE_UPWARD);
    int inside = FE_UPWARD;
    guarded([&] { inside = std::fegetround(); });
    const int after = std::fegetround();
    std::fesetround(FE_TONEAREST);
    ok(inside == FE_TONEAREST,
       "numbers are rounded to nearest, whatever the host does");
    ok(after == FE_UPWARD, "the host rounds as before");
}

} // namespace

int main() {
    test_statuses();
    test_foreign_exceptions();
    test_success_keeps_the_last_message();
    test_long_message_is_cut();
    test_rounding_of_the_host();
    return done_testing();
}

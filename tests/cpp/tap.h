/* The few lines of the Test Anything Protocol that the C and C++ tests need. */
#ifndef TAP_H
#define TAP_H

#include <stdio.h>

static int tap_count = 0;
static int tap_failures = 0;

static void ok(int passed, const char *name) {
    ++tap_count;
    tap_failures += passed ? 0 : 1;
    printf("%sok %d - %s\n", passed ? "" : "not ", tap_count, name);
}

static int done_testing(void) {
    printf("1..%d\n", tap_count);
    return tap_failures == 0 ? 0 : 1;
}

#endif

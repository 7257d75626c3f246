// Outputs that are not finite.
#include <cmath>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

int main() {
    using gwparam::Dtype;
    const gwparam::Guard guard = gwparam::finite_outputs();
    gwparam::FieldContract field;
    field.maximum_magnitude = 1e-3; // is no matter of this guard
    for (const Dtype dtype : {Dtype::float32, Dtype::float64}) {
        const gwparam::Rows rows = rows_of(
            dtype, 3,
            {1e38, -1e38, 0.0, 0.0, 0.0, NAN, 0.0, INFINITY, NAN, -INFINITY, 0.0, 0.0});
        ok(guard.check(field, rows, 0) == -1 && guard.check(field, rows, 1) == 2 &&
               guard.check(field, rows, 2) == 1 && guard.check(field, rows, 3) == 0,
           "the first level of each column");
    }
    ok(guard.policy == GWPARAM_GUARD_ERROR &&
           guard.sees == gwparam::Guard::Sees::outputs,
       "is never let through");
    ok(guard.expected(field, 0) == "a finite value", "what was expected");
    return done_testing();
}

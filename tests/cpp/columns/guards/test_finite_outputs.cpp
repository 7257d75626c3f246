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
        const auto level = [&](std::int64_t column) {
            return guard.check(field, rows, column, column + 1).level;
        };
        ok(level(0) == -1 && level(1) == 2 && level(2) == 1 && level(3) == 0,
           "the first level of each column");
        const gwparam::Spot first = guard.check(field, rows, 0, 4);
        const gwparam::Spot next = guard.check(field, rows, 2, 4);
        ok(first.column == 1 && first.level == 2 && next.column == 2 && next.level == 1,
           "the first of all columns, from one on");
    }
    ok(guard.policy == GWPARAM_GUARD_ERROR &&
           guard.sees == gwparam::Guard::Sees::outputs,
       "is never let through");
    ok(guard.expected(field, 0) == "a finite value", "what was expected");
    return done_testing();
}

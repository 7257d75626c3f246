// Outputs that are not finite.
#include <cmath>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

gwparam::Guard guard_of(std::int32_t on_limit) {
    gwparam_options options{};
    options.on_limit = on_limit;
    return gwparam::finite_outputs(options);
}

} // namespace

int main() {
    using gwparam::Dtype;
    const gwparam::Guard guard = guard_of(GWPARAM_GUARD_IGNORE);
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
    for (const std::int32_t passes : {GWPARAM_GUARD_ERROR, GWPARAM_GUARD_IGNORE,
                                      GWPARAM_GUARD_COUNT, GWPARAM_GUARD_CLIP}) {
        ok(guard_of(passes).policy == GWPARAM_GUARD_ERROR, "is never let through");
    }
    for (const std::int32_t replaces : {GWPARAM_GUARD_ZERO, GWPARAM_GUARD_KEEP}) {
        ok(guard_of(replaces).policy == replaces, "is replaced where on_limit does so");
    }
    ok(guard.sees == gwparam::Guard::Sees::outputs, "looks at outputs");
    ok(guard.expected(field, 0) == "a finite value", "what was expected");
    return done_testing();
}

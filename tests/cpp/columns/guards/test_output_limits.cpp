// Outputs beyond their limits.
#include <cmath>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Guard;

Guard guard_of(std::int32_t policy) {
    gwparam_options options{};
    options.on_limit = policy;
    return gwparam::output_limits(options);
}

FieldContract tendency(double limit) {
    FieldContract field;
    field.name = "tendency_of_eastward_wind";
    field.levels = 3;
    field.maximum_magnitude = limit;
    return field;
}

bool finds(double limit, Dtype dtype, const std::vector<double> &values,
           const std::vector<std::int64_t> &expected) {
    const gwparam::Rows rows = rows_of(dtype, 3, values);
    bool right = rows.count() == static_cast<std::int64_t>(expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto column = static_cast<std::int64_t>(i);
        right &= guard_of(GWPARAM_GUARD_ZERO)
                     .check(tendency(limit), rows, column, column + 1)
                     .level == expected[i];
    }
    return right;
}

} // namespace

int main() {
    for (const Dtype dtype : {Dtype::float32, Dtype::float64}) {
        ok(finds(0.5, dtype,
                 {0.5, -0.5, 0.0, 0.75, 1.0, 0.0, 0.0, 0.0, -0.75, 0.0, NAN, 1.0},
                 {-1, 0, 2, 1}),
           "at the limit, beyond it on either side, no number");
        ok(finds(0.0, dtype,
                 {1e30, -1e30, 0.0, 0.0, INFINITY, 0.0, 0.0, 0.0, -INFINITY, NAN, 0.0,
                  0.0},
                 {-1, 1, 2, 0}),
           "without a limit, what is not finite");
    }
    const Guard guard = guard_of(GWPARAM_GUARD_IGNORE);
    ok(std::string(guard.name) == "on_limit" && guard.policy == GWPARAM_GUARD_IGNORE &&
           guard.sees == Guard::Sees::outputs,
       "the policy of on_limit, on outputs");
    ok(guard.expected(tendency(0.25), 2) == "at most 0.25 in magnitude",
       "what was expected");
    ok(throws(GWPARAM_ERR_ARGUMENT, "on_limit is -1, expected 0 to 6",
              [] { guard_of(-1); }),
       "an unknown policy");
    return done_testing();
}

// Columns that gain too much momentum.
#include <cmath>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Guard;

Guard guard_of(std::int32_t policy, double limit) {
    gwparam_options options{};
    options.on_momentum = policy;
    options.momentum_limit = limit;
    return gwparam::column_momentum(options);
}

} // namespace

int main() {
    const gwparam::FieldContract field;
    const Guard guard = guard_of(GWPARAM_GUARD_KEEP, 0.5);
    const gwparam::Rows rows =
        rows_of(gwparam::Dtype::float64, 1, {0.5, -0.5, 0.51, 0.0, -0.75, NAN});
    const auto next = [&](std::int64_t first) {
        return guard.check(field, rows, first, 6).column;
    };
    ok(next(0) == 2 && next(3) == 4 && next(5) == 5, "beyond it on either side");
    ok(guard.excess(field, -0.75, 0) == 1.5, "how far");
    ok(std::string(guard.name) == "on_momentum" && guard.policy == GWPARAM_GUARD_KEEP &&
           guard.sees == Guard::Sees::momentum,
       "the policy of on_momentum, on columns");
    ok(guard.expected(field, 0) == "at most 0.5 in magnitude", "what was expected");
    ok(guard_of(GWPARAM_GUARD_IGNORE, 0.0).policy == GWPARAM_GUARD_IGNORE,
       "no limit is needed where nobody looks");
    for (const double limit : {0.0, -1.0, std::nan("")}) {
        ok(throws(GWPARAM_ERR_ARGUMENT, "momentum_limit is ",
                  [&] { guard_of(GWPARAM_GUARD_COUNT, limit); }),
           "else it is positive");
    }
    return done_testing();
}

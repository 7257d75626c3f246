// Inputs unlike those of the training.
#include <cmath>
#include <limits>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Guard;

Guard guard_of(std::int32_t policy, double sigmas) {
    gwparam_options options{};
    options.on_range = policy;
    options.range_sigmas = sigmas;
    return gwparam::training_range(options);
}

FieldContract wind() {
    FieldContract field;
    field.name = "eastward_wind";
    field.units = "m s-1";
    field.levels = 3;
    field.training_mean = {10.0, -20.0, 0.0};
    field.training_deviation = {1.0, 2.0, 0.0}; // the lowest level never changed
    return field;
}

void test_range(Dtype dtype) {
    const Guard guard = guard_of(GWPARAM_GUARD_ZERO, 2.0);
    // At both ends of the range, above, below, off a constant, not finite.
    const gwparam::Rows rows = rows_of(
        dtype, 3,
        {
            8.0, -16.0, 0.0,   12.0,  -24.0, 0.0, 12.5, -30.0, 0.0,   12.0,      -24.25,
            0.0, 10.0,  -20.0, 0.125, 10.0,  NAN, 1.0,  10.0,  -20.0, -INFINITY,
        });
    const std::int64_t expected[] = {-1, -1, 0, 1, 2, 1, 2};
    bool right = true;
    for (std::int64_t column = 0; column < rows.count(); ++column) {
        right &=
            guard.check(wind(), rows, column, column + 1).level == expected[column];
    }
    ok(right, dtype == Dtype::float32 ? "single precision" : "double precision");
}

void test_unknown_range() {
    const Guard guard = guard_of(GWPARAM_GUARD_ZERO, 2.0);
    FieldContract field = wind();
    field.training_deviation.clear();
    const gwparam::Rows rows = rows_of(Dtype::float64, 3, {1e9, 1e9, 1e9});
    ok(guard.check(field, rows, 0, 1).level == -1, "a range that is not known");
}

void test_what_training_saw() {
    const Guard guard = guard_of(GWPARAM_GUARD_CLIP, 2.0);
    FieldContract field = wind(); // 8 to 12, -24 to -16, 0
    field.training_minimum = {9.0, -30.0, -1.0};
    field.training_maximum = {11.0, -19.0, 5.0};
    const gwparam::Rows rows =
        rows_of(Dtype::float64, 3,
                {8.0, -30.0, 5.0, 7.5, -20.0, 0.0, 9.0, -30.5, 0.0, 9.0, -20.0, 5.5});
    const std::int64_t expected[] = {-1, 0, 1, 2};
    bool right = true;
    for (std::int64_t column = 0; column < rows.count(); ++column) {
        right &= guard.check(field, rows, column, column + 1).level == expected[column];
    }
    ok(right, "what training saw passes, however far from the mean");
    ok(guard.nearest(field, -31.0, 1) == -30.0 &&
           guard.nearest(field, 0.0, 1) == -16.0 &&
           guard.nearest(field, -17.0, 1) == -17.0,
       "the nearest value that passes");
    ok(guard.excess(field, -35.0, 1) == 1.5 && guard.excess(field, -18.0, 1) == 0.5 &&
           std::isinf(guard.excess(wind(), 1.0, 2)),
       "how far beyond, in the distance from the mean to the end");
}

void test_settings() {
    const Guard guard = guard_of(GWPARAM_GUARD_KEEP, 2.5);
    ok(std::string(guard.name) == "on_range" && guard.policy == GWPARAM_GUARD_KEEP &&
           guard.sees == Guard::Sees::inputs,
       "the policy of on_range, on inputs");
    ok(guard.expected(wind(), 1) == "-25 to -15", "what was expected");
    ok(throws(GWPARAM_ERR_ARGUMENT, "on_range is 7, expected 0 to 6",
              [] { guard_of(7, 1.0); }),
       "an unknown policy");
    for (const double sigmas : {0.0, -1.0, static_cast<double>(NAN)}) {
        ok(throws(GWPARAM_ERR_ARGUMENT, "range_sigmas is ",
                  [&] { guard_of(GWPARAM_GUARD_ERROR, sigmas); }),
           "a reach that is no positive number");
    }
    ok(guard_of(GWPARAM_GUARD_IGNORE, 0.0).policy == GWPARAM_GUARD_IGNORE,
       "which does not matter where the range is ignored");
}

} // namespace

int main() {
    test_range(Dtype::float32);
    test_range(Dtype::float64);
    test_unknown_range();
    test_what_training_saw();
    test_settings();
    return done_testing();
}

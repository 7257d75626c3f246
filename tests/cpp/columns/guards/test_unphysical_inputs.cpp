// Inputs that no atmosphere has.
#include <string>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Guard;

Guard guard_of(std::int32_t policy) {
    gwparam_options options{};
    options.on_unphysical = policy;
    return gwparam::unphysical_inputs(options);
}

FieldContract field_of(const char *name, const char *units, std::int64_t levels) {
    FieldContract field;
    field.name = name;
    field.units = units;
    field.levels = levels;
    return field;
}

// Which of the values, each a column of one level, is caught.
std::string caught(const FieldContract &field, const std::vector<double> &values) {
    const Guard guard = guard_of(GWPARAM_GUARD_ERROR);
    std::string marks;
    for (const Dtype dtype : {Dtype::float32, Dtype::float64}) {
        const gwparam::Rows rows = rows_of(dtype, 1, values);
        for (std::int64_t column = 0; column < rows.count(); ++column) {
            marks += guard.check(field, rows, column, column + 1).level < 0 ? '.' : 'x';
        }
    }
    return marks;
}

void test_bounds() {
    ok(caught(field_of("latitude", "degrees", 0), {-90.0009, 90.0009, -90.002, 120}) ==
           "..xx..xx",
       "latitudes, in degrees");
    ok(caught(field_of("latitude", "radian", 0), {-1.5708, 1.5708, 1.6, -45}) ==
           "..xx..xx",
       "in radians");
    ok(caught(field_of("surface_air_pressure", "Pa", 0),
              {1000, 6e4, 999, -1e5, 1e15}) == "..xxx..xxx",
       "surface pressures, in Pa");
    ok(caught(field_of("surface_air_pressure", "hPa", 0), {10, 1013.25, 9.9, -999}) ==
           "..xx..xx",
       "in hPa");
    ok(caught(field_of("air_temperature", "K", 1),
              {50, 2000, 49.9, -999, 1e15, 9.96921e36}) == "..xxxx..xxxx",
       "temperatures, without an upper bound for the thermosphere");
    ok(caught(field_of("eastward_wind", "m s-1", 1),
              {-998.9, 900, -999, -9999, 1e15, -1e30}) == "..xxxx..xxxx",
       "fill values on levels");
    ok(caught(field_of("surface_geopotential", "m2 s-2", 0), {-999, 1e20}) == "....",
       "which elsewhere may be values");
}

void test_level() {
    const Guard guard = guard_of(GWPARAM_GUARD_ERROR);
    const gwparam::Rows rows = rows_of(Dtype::float32, 3, {250, 260, 270, 250, 40, 1});
    const gwparam::Spot bad =
        guard.check(field_of("air_temperature", "K", 3), rows, 0, 2);
    ok(bad.column == 1 && bad.level == 1,
       "the first bad level of the first bad column");
}

void test_settings() {
    const Guard guard = guard_of(GWPARAM_GUARD_ZERO);
    ok(std::string(guard.name) == "on_unphysical" &&
           guard.policy == GWPARAM_GUARD_ZERO && guard.sees == Guard::Sees::host_inputs,
       "the policy of on_unphysical, on what the host puts");
    ok(guard.expected(field_of("latitude", "radian", 0), 0) ==
               "-90.001 to 90.001 degrees" &&
           guard.expected(field_of("air_temperature", "K", 1), 0) ==
               "at least 50 K and no fill value" &&
           guard.expected(field_of("eastward_wind", "m s-1", 1), 0) == "no fill value",
       "what was expected");
    ok(throws(GWPARAM_ERR_ARGUMENT, "on_unphysical is 7, expected 0 to 6",
              [] { guard_of(7); }),
       "an unknown policy");
}

} // namespace

int main() {
    test_bounds();
    test_level();
    test_settings();
    return done_testing();
}

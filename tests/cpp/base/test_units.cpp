// Conversions of units: values, equal spellings, and what is refused.
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/units.hpp"
#include "tap.h"

namespace {

bool gives(const char *from, const char *to, double value, double expected) {
    const auto c = gwparam::conversion(from, to, "field");
    return std::abs(value * c.scale + c.offset - expected) <=
           1e-12 * std::abs(expected);
}

bool is_identity(const char *from, const char *to) {
    return gwparam::conversion(from, to, "field").identity();
}

bool is_refused(const char *from, const char *to) {
    try {
        gwparam::conversion(from, to, "field");
    } catch (const gwparam::Error &e) {
        const std::string text = e.what();
        return e.status() == GWPARAM_ERR_CONTRACT &&
               text.find("field has units \"" + std::string(from) + "\"") == 0 &&
               text.find(to) != std::string::npos;
    }
    return false;
}

} // namespace

int main() {
    ok(gives("hPa", "Pa", 1013.25, 101325.0), "hPa to Pa");
    ok(gives("mb", "Pa", 1000.0, 1e5), "mb to Pa");
    ok(gives("radians", "degrees_north", 1.0, 57.29577951308232), "radians to degrees");
    ok(gives("degrees", "rad", 180.0, 3.141592653589793), "degrees to radians");
    ok(gives("degC", "K", 20.0, 293.15), "degrees Celsius to kelvin");
    ok(gives("K", "celsius", 293.15, 20.0), "kelvin to degrees Celsius");
    ok(gives("km h-1", "m s-1", 36.0, 10.0), "km h-1 to m s-1");
    ok(gives("m s-2", "m s-1 day-1", 1.0, 86400.0), "m s-2 to m s-1 day-1");
    ok(gives("K/day", "K s-1", 86400.0, 1.0), "K/day to K s-1");
    ok(is_identity("m/s", "m s-1"), "m/s is m s-1");
    ok(is_identity("m s**-2", "m/s^2"), "m s**-2 is m/s^2");
    ok(is_identity("m.s-1", "m s^-1"), "m.s-1 is m s^-1");
    ok(is_identity("kg m-1 s-2", "Pa"), "kg m-1 s-2 is Pa");
    ok(is_identity("N m-2", "Pa"), "N m-2 is Pa");
    ok(is_identity("degree_north", "degrees_north"), "degree_north is degrees_north");
    ok(is_refused("K", "Pa"), "another dimension is refused");
    ok(is_refused("1", "degrees_north"), "a pure number is no angle");
    ok(is_refused("furlong", "m"), "an unknown unit is refused");
    ok(is_refused("", "m"), "an empty unit is refused");
    ok(is_refused("10 m", "m"), "a number before a unit is refused");
    ok(is_refused("m s", "m s-1"), "another exponent is refused");
    ok(is_refused("m4294967297", "m"), "an exponent that overflows is refused");
    ok(is_refused("m^", "m"), "an exponent without a number is refused");
    ok(is_refused("/s", "s-1"), "a division of nothing is refused");
    ok(is_refused("m//s", "m s-1"), "two divisions are refused");
    ok(is_refused("m/", "m"), "a division by nothing is refused");
    ok(is_refused("1 degC", "K"), "degrees Celsius after a number are refused");
    ok(gives("degC m-1", "K km-1", 1.0, 1e3), "a gradient has no offset");
    ok(is_identity("pascals", "Pa"), "pascals, as FMS writes, are Pa");
    ok(is_identity("pa", "Pa"), "pa, as FMS writes, is Pa");
    ok(is_identity("deg_k", "K"), "deg_k, as FMS writes, is K");
    ok(is_identity("none", "1"), "none, as FMS writes, is a pure number");
    ok(is_identity("degrees_E", "degrees"), "degrees_E, as FMS writes, are degrees");
    ok(gives("millibars", "Pa", 1000.0, 1e5), "millibars, as ERA5 had them, to Pa");
    // The scale of so many factors is infinite, or 0; that of two of them, a ratio,
    // too.
    std::string large;
    std::string small;
    for (int i = 0; i < 20; ++i) {
        large += "km9 ";
        small += "cm9 ";
    }
    ok(is_refused(large.c_str(), (large + "1").c_str()), "a scale that is infinite");
    ok(is_refused(small.c_str(), (small + "1").c_str()), "a scale that is 0");
    ok(is_refused(large.substr(0, 44).c_str(), small.substr(0, 44).c_str()),
       "a ratio that is infinite");
    return done_testing();
}

// Where and when columns are, as messages say it.
#include <cmath>
#include <vector>

#include "columns/places.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Places;

gwparam_array array_of(std::vector<double> &values) {
    return {values.data(),
            GWPARAM_FLOAT64,
            1,
            {static_cast<std::int64_t>(values.size()), 0, 0, 0},
            {1, 0, 0, 0}};
}

} // namespace

int main() {
    ok(gwparam::nowhere(3).empty() && Places{}.text(0).empty(), "nothing to say");
    const Places all{{42.5, NAN}, {10, 350}, "1979-01-01 00:20:00"};
    ok(all.text(0) == " (latitude 42.5, longitude 10 degrees, 1979-01-01 00:20:00)",
       "latitude, longitude and date");
    ok(all.text(1) == " (longitude 350 degrees, 1979-01-01 00:20:00)",
       "what is no number is not known");
    ok(all.text(2) == " (1979-01-01 00:20:00)", "a column that was not placed");
    ok(Places{{-5}, {}, ""}.text(0) == " (latitude -5 degrees)", "latitude alone");
    ok(std::isnan(all.latitude_of(7)) && all.longitude_of(1) == 350, "as numbers");

    std::vector<double> given{0.0, std::acos(-1.0) / 2};
    gwparam_array array = array_of(given);
    const std::vector<double> degrees =
        gwparam::degrees_of(&array, "radians", "latitude");
    ok(degrees.size() == 2 && degrees[0] == 0.0 && std::abs(degrees[1] - 90) < 1e-12,
       "radians as degrees");
    ok(gwparam::degrees_of(&array, nullptr, "latitude") == given,
       "degrees as they are");
    given[1] = NAN;
    ok(throws(GWPARAM_ERR_NONFINITE, "latitude is nan at (2)",
              [&] { gwparam::degrees_of(&array, nullptr, "latitude"); }),
       "no angle");
    return done_testing();
}

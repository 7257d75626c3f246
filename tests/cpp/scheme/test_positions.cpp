// Where columns are: by array, or by the number of a cell.
#include <cmath>
#include <vector>

#include "rows_and_errors.hpp"
#include "scheme/positions.hpp"
#include "tap.h"

namespace {

using gwparam::Positions;
using gwparam::positions_of_cells;
using gwparam::positions_of_columns;
using gwparam::Span;
using Numbers = std::vector<double>;
using Cells = std::vector<std::int64_t>;

constexpr double pi = 3.14159265358979323846;

// Three columns of two rows.
gwparam_array array_of(Numbers &values) {
    return {values.data(),
            GWPARAM_FLOAT64,
            2,
            {static_cast<std::int64_t>(values.size()) / 2, 2, 0, 0},
            {1, static_cast<std::int64_t>(values.size()) / 2, 0, 0}};
}

void test_columns() {
    Numbers latitude{-60, -60, -60, 30, 30, 30};
    Numbers longitude{0, 120, 240, 0, 120, 240};
    gwparam_array lat = array_of(latitude);
    const gwparam_array lon = array_of(longitude);
    const Positions found = positions_of_columns(&lat, &lon, nullptr);
    ok(found.latitude == latitude && found.longitude == longitude,
       "the first dimension is the fast one");
    Numbers radians{-pi / 3, pi / 6};
    const gwparam_array two = array_of(radians);
    const Positions turned = positions_of_columns(&two, &two, "radians");
    ok(std::abs(turned.latitude[0] + 60.0) < 1e-12 &&
           std::abs(turned.longitude[1] - 30.0) < 1e-12,
       "in other units");
    ok(throws(GWPARAM_ERR_CONTRACT, "latitude has units \"m\", expected \"degrees\"",
              [&] { positions_of_columns(&lat, &lon, "m"); }),
       "in no units of an angle");
    ok(throws(GWPARAM_ERR_SHAPE, "longitude has 2 values, expected the 6 of latitude",
              [&] { positions_of_columns(&lat, &two, nullptr); }),
       "of another number");
    ok(throws(GWPARAM_ERR_ARGUMENT, "longitude has a null array",
              [&] { positions_of_columns(&lat, nullptr, nullptr); }),
       "not there");
    latitude[4] = NAN;
    ok(throws(GWPARAM_ERR_NONFINITE, "latitude is nan at (2, 2)",
              [&] { positions_of_columns(&lat, &lon, nullptr); }),
       "not finite");
}

void test_cells() {
    const Numbers latitude{-60, 30};
    const Numbers longitude{0, 120, 240};
    const Cells cell{5, 0, 4};
    const Span<double> lat{latitude.data(), 2};
    const Span<double> lon{longitude.data(), 3};
    const Positions found = positions_of_cells(lat, lon, nullptr, {cell.data(), 3});
    ok(found.latitude == Numbers{30, -60, 30} &&
           found.longitude == Numbers{240, 0, 120},
       "row times places in a row, and place");
    const Numbers pole{pi / 2};
    const Positions turned = positions_of_cells({pole.data(), 1}, {pole.data(), 1},
                                                "rad", {cell.data() + 1, 1});
    ok(std::abs(turned.latitude[0] - 90.0) < 1e-12, "in other units");
    ok(positions_of_cells(lat, lon, nullptr, {nullptr, 0}).latitude.empty(),
       "no columns");
    for (const std::int64_t bad : {std::int64_t{6}, std::int64_t{-1}}) {
        const Cells with_bad{0, 5, bad};
        ok(throws(GWPARAM_ERR_ARGUMENT,
                  "column 3, counted from 1, is cell " + std::to_string(bad) +
                      ", counted from 0, expected one of 6",
                  [&] { positions_of_cells(lat, lon, nullptr, {with_bad.data(), 3}); }),
           "a cell that is not on the grid");
    }
    ok(throws(GWPARAM_ERR_ARGUMENT, "cell is null or has 3 values",
              [&] { positions_of_cells(lat, lon, nullptr, {nullptr, 3}); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "longitude is null or has -1 values",
                  [&] {
                      positions_of_cells(lat, {longitude.data(), -1}, nullptr,
                                         {cell.data(), 1});
                  }),
       "lists that are none");
    ok(throws(
           GWPARAM_ERR_ARGUMENT, "expected one of 0",
           [&] { positions_of_cells(lat, {nullptr, 0}, nullptr, {cell.data(), 1}); }),
       "a grid without cells");
}

} // namespace

int main() {
    test_columns();
    test_cells();
    return done_testing();
}

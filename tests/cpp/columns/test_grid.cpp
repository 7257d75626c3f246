// Grids of columns: recognition, refusals, edges, and the neighbours of a cell.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "columns/grid.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::LatLonAxes;
using gwparam::LatLonGrid;
using Numbers = std::vector<double>;
using Columns = std::vector<std::int64_t>;

constexpr double pi = 3.14159265358979323846;
constexpr double rounding = 1e-13;

bool global(const Numbers &latitude, const Numbers &longitude) {
    const LatLonGrid grid = gwparam::grid_of_axes(latitude, longitude);
    try {
        gwparam::require_global(grid, "the host");
    } catch (const gwparam::Error &) {
        return false;
    }
    return true;
}

void test_recognition() {
    // Three latitudes, four longitudes from -90 on, the columns shuffled.
    const Numbers rows{50.0, -10.0, 20.0};
    const Numbers places{-90.0, 0.0, 90.0, 180.0};
    Columns order(12);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(7));
    Numbers latitude;
    Numbers longitude;
    for (const std::int64_t n : order) {
        latitude.push_back(rows[n / 4]);
        longitude.push_back(places[n % 4]);
    }
    const LatLonAxes axes = gwparam::axes_of_columns(latitude, longitude);
    ok(axes.latitude == Numbers{-10.0, 20.0, 50.0}, "latitudes ascend");
    ok(axes.longitude == Numbers{0.0, 90.0, 180.0, 270.0}, "longitudes ascend from 0");
    const Columns cells = gwparam::cells_of_columns(axes, latitude, longitude);
    bool placed = cells.size() == 12;
    for (std::size_t n = 0; n < cells.size(); ++n) {
        placed &= axes.latitude[cells[n] / 4] == latitude[n];
        placed &= std::fmod(axes.longitude[cells[n] % 4] - longitude[n], 360.0) == 0.0;
    }
    ok(placed, "every column finds its cell");
    ok(gwparam::where(axes, 6) == "latitude 20, longitude 180", "a cell has a name");

    const double off = 0.4 * gwparam::one_place;
    const Numbers north{0.0, off, 10.0, 10.0 - off};
    const Numbers east{360.0 - off, 5.0, off, 725.0 + off};
    const LatLonAxes noisy = gwparam::axes_of_columns(north, east);
    ok(noisy.rows() == 2 && noisy.row_length() == 2 &&
           gwparam::cells_of_columns(noisy, north, east) == Columns{0, 1, 2, 3},
       "coordinates within the tolerance are one place, also across 360");
    const LatLonAxes some = gwparam::axes_of_columns({north[1]}, {east[3]});
    Numbers all_north{some.latitude};
    Numbers all_east{some.longitude};
    all_north.insert(all_north.end(), north.begin(), north.end());
    all_east.insert(all_east.end(), east.begin(), east.end());
    ok(gwparam::cells_of_columns(gwparam::axes_of_columns(all_north, all_east), north,
                                 east) == Columns{0, 1, 2, 3},
       "axes of axes and columns are those of the columns");
    const LatLonAxes empty = gwparam::axes_of_columns({}, {});
    ok(empty.cells() == 0 && gwparam::cells_of_columns(empty, {}, {}).empty(),
       "no columns have no axes");
}

void test_refusals() {
    const auto refuses = [](const Numbers &latitude, const Numbers &longitude,
                            const std::string &part) {
        return throws(GWPARAM_ERR_ARGUMENT, part,
                      [&] { gwparam::check_coordinates(latitude, longitude); });
    };
    ok(refuses({0, 91}, {0, 90}, "column 2 is at latitude 91"),
       "a latitude beyond the pole is refused");
    ok(refuses({0, NAN}, {0, 90}, "column 2"), "a latitude NaN is refused");
    ok(refuses({0, 0}, {INFINITY, 90}, "column 1"), "an infinite longitude is refused");
    gwparam::check_coordinates({}, {});
    gwparam::check_coordinates({90, -90}, {-720, 1000});
    ok(throws(GWPARAM_ERR_CONTRACT, "of which 1 and 2 differ",
              [] { gwparam::grid_of_axes({0.0}, {0.0, 90.0, 360.0}); }),
       "an axis with a place twice is a fault of the contract");
}

void test_global() {
    ok(global({-87.8, -85.0, 0.0, 85.0, 87.8}, {0.0, 120.0, 240.0}), "a Gaussian grid");
    ok(global({90.0, 0.0, -90.0}, {180.0, 0.0}), "a grid with rows at the poles");
    ok(!global({-60.0, 0.0, 60.0}, {0.0, 10.0, 20.0}), "a sector is not global");
    ok(!global({-60.0, 0.0, 60.0}, {350.0, 0.0, 10.0}), "nor one across 0");
    ok(!global({-30.0, 0.0, 30.0}, {0.0, 120.0, 240.0}), "nor a belt");
    ok(!global({10.0}, {20.0}), "nor a point");
    ok(throws(GWPARAM_ERR_ARGUMENT, "the longitudes of the host leave 340 degrees out",
              [] {
                  gwparam::require_global(
                      gwparam::grid_of_axes({-45.0, 45.0}, {0.0, 10.0, 20.0}),
                      "the host");
              }),
       "the message says what lacks");
}

void test_same_cells() {
    const LatLonGrid a = gwparam::grid_of_axes({10.0, -10.0}, {-120.0, 0.0, 120.0});
    const LatLonGrid b = gwparam::grid_of_axes({-10.0, 10.00001}, {0.0, 120.0, 240.0});
    const LatLonGrid c = gwparam::grid_of_axes({-10.0, 10.01}, {0.0, 120.0, 240.0});
    const LatLonGrid d = gwparam::grid_of_axes({-10.0, 10.0}, {0.0, 180.0});
    ok(gwparam::same_cells(a, b), "order and origin make no other cells");
    ok(!gwparam::same_cells(a, c), "another latitude does");
    ok(!gwparam::same_cells(a, d), "fewer longitudes do");
    ok(a.column_of_cell == Columns{4, 5, 3, 1, 2, 0},
       "a tensor's columns count along its own axes");
}

void test_edges() {
    const LatLonGrid grid =
        gwparam::grid_of_axes({60.0, -60.0, 0.0}, {30.0, 90.0, 240.0});
    ok(gwparam::latitude_edges(grid) == Numbers{-90.0, -30.0, 30.0, 90.0},
       "latitude edges are midpoints and poles");
    ok(gwparam::longitude_edges(grid) == Numbers{-45.0, 60.0, 165.0, 315.0},
       "longitude edges are midpoints, around the globe");
    const Numbers areas = gwparam::column_areas(grid);
    ok(std::abs(areas[0] - pi * 105.0 / 180.0 * 0.5) < rounding,
       "an area is dlon dsin(lat)");
    ok(std::abs(std::accumulate(areas.begin(), areas.end(), 0.0) - 4.0 * pi) < rounding,
       "areas make up the sphere");
}

void test_stencil() {
    const LatLonAxes axes =
        gwparam::axes_of_columns({-30.0, 0.0, 30.0, 0.0}, {0.0, 90.0, 180.0, 270.0});
    Columns all(12);
    std::iota(all.begin(), all.end(), 0);
    const Columns three = gwparam::stencil_cells(axes, all, 1);
    const auto around = [&](std::int64_t cell) {
        return Columns(three.begin() + 9 * cell, three.begin() + 9 * (cell + 1));
    };
    ok(three.size() == 108 && around(5) == Columns{0, 1, 2, 4, 5, 6, 8, 9, 10},
       "south to north, west to east");
    ok(around(4) == Columns{3, 0, 1, 7, 4, 5, 11, 8, 9}, "periodic to the west");
    ok(around(11) == Columns{6, 7, 4, 10, 11, 8, 10, 11, 8},
       "a row repeats at its pole");
    const Columns some = gwparam::stencil_cells(axes, {11, 4}, 1);
    Columns expected = around(11);
    const Columns of_4 = around(4);
    expected.insert(expected.end(), of_4.begin(), of_4.end());
    ok(some == expected, "of the cells asked for, in their order");
    ok(gwparam::stencil_cells(axes, {1}, 2) == Columns{3, 0, 1,  2, 3, 3,  0, 1, 2,
                                                       3, 3, 0,  1, 2, 3,  7, 4, 5,
                                                       6, 7, 11, 8, 9, 10, 11},
       "two rows repeat at a pole");
    const LatLonAxes tiny = gwparam::axes_of_columns({0.0}, {0.0});
    ok(gwparam::stencil_cells(tiny, {0}, 2) == Columns(25, 0),
       "a lone column is all its neighbours");
    ok(gwparam::stencil_cells(axes, {}, 1).empty(), "no cell has no neighbours");
}

} // namespace

int main() {
    test_recognition();
    test_refusals();
    test_global();
    test_same_cells();
    test_edges();
    test_stencil();
    return done_testing();
}

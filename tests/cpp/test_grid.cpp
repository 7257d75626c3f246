// Grids of columns: recognition, refusals, edges, and the neighbours of a column.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "error.hpp"
#include "grid.hpp"
#include "tap.h"

namespace {

using gwparam::LatLonGrid;
using Numbers = std::vector<double>;
using Columns = std::vector<std::int64_t>;

constexpr double pi = 3.14159265358979323846;
constexpr double rounding = 1e-13;

LatLonGrid grid_of(const Numbers &latitude, const Numbers &longitude) {
    return gwparam::grid_of_columns(latitude.data(), longitude.data(),
                                    static_cast<std::int64_t>(latitude.size()));
}

bool fails(gwparam_status status, const std::string &part,
           const std::function<void()> &body) {
    try {
        body();
    } catch (const gwparam::Error &e) {
        const bool expected = e.status() == status &&
                              std::string(e.what()).find(part) != std::string::npos;
        if (!expected) {
            printf("# %d %s\n", e.status(), e.what());
        }
        return expected;
    }
    return false;
}

bool refuses_columns(const Numbers &latitude, const Numbers &longitude,
                     const std::string &part) {
    return fails(GWPARAM_ERR_ARGUMENT, part, [&] { grid_of(latitude, longitude); });
}

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
    const LatLonGrid grid = grid_of(latitude, longitude);
    ok(grid.latitude == Numbers{-10.0, 20.0, 50.0}, "latitudes ascend");
    ok(grid.longitude == Numbers{0.0, 90.0, 180.0, 270.0}, "longitudes ascend from 0");
    bool placed = true;
    for (std::int64_t n = 0; n < grid.columns(); ++n) {
        const std::int64_t cell = grid.cell_of_column[n];
        placed &= grid.column_of_cell[cell] == n;
        placed &= grid.latitude[cell / 4] == latitude[n];
        placed &= std::fmod(grid.longitude[cell % 4] - longitude[n], 360.0) == 0.0;
    }
    ok(placed, "every column finds its cell, every cell its column");

    const double off = 0.4 * gwparam::one_place;
    const LatLonGrid noisy =
        grid_of({0.0, off, 10.0, 10.0 - off}, {360.0 - off, 5.0, off, 725.0 + off});
    ok(noisy.rows() == 2 && noisy.row_length() == 2 &&
           noisy.column_of_cell == Columns{0, 1, 2, 3},
       "coordinates within the tolerance are one place, also across 360");
}

void test_refusals() {
    ok(refuses_columns({0, 0, 10}, {0, 90, 0},
                       "no column is at latitude 10, longitude 90"),
       "a missing cell is named");
    ok(refuses_columns({0, 0, 10, 10, 10}, {0, 90, 0, 90, 0},
                       "columns 3 and 5, counted from 1, are both at latitude 10, "
                       "longitude 0; 5 columns have 2 latitudes and 2 longitudes"),
       "a cell of two columns is named");
    ok(refuses_columns({0, 0, 10, 10}, {0, 0, 0, 90}, "columns 1 and 2"),
       "the first bad cell is named, be it shared");
    ok(refuses_columns({0, 0, 10, 10}, {0, 90, 90, 90}, "no column is at latitude 10"),
       "or missing");
    ok(refuses_columns({0, 0, 0, 0}, {0, 0, 90, 90}, "columns 1 and 2"),
       "the first of several shared cells is named");
    ok(refuses_columns({0, 91}, {0, 90}, "column 2 is at latitude 91"),
       "a latitude beyond the pole is refused");
    ok(refuses_columns({0, NAN}, {0, 90}, "column 2"), "a latitude NaN is refused");
    ok(refuses_columns({0, 0}, {INFINITY, 90}, "column 1"),
       "an infinite longitude is refused");
    ok(refuses_columns({}, {}, "no columns"), "no columns are refused");

    std::mt19937 random(11);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    Numbers latitude;
    Numbers longitude;
    for (int n = 0; n < 100000; ++n) {
        latitude.push_back(180.0 * uniform(random) - 90.0);
        longitude.push_back(360.0 * uniform(random));
    }
    ok(refuses_columns(latitude, longitude, "no column is at"),
       "scattered columns are refused without room for all products");
    ok(fails(GWPARAM_ERR_CONTRACT, "columns 1 and 3",
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
    ok(fails(GWPARAM_ERR_ARGUMENT, "the longitudes of the host leave 340 degrees out",
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
    // Columns of a (3, 4) tensor, north first, so that no transposition passes.
    const LatLonGrid grid =
        gwparam::grid_of_axes({30.0, 0.0, -30.0}, {0.0, 90.0, 180.0, 270.0});
    const Columns three = gwparam::stencil_neighbours(grid, 1);
    const auto around = [&](std::int64_t column) {
        return Columns(three.begin() + 9 * column, three.begin() + 9 * (column + 1));
    };
    ok(around(5) == Columns{8, 9, 10, 4, 5, 6, 0, 1, 2},
       "south to north, west to east");
    ok(around(4) == Columns{11, 8, 9, 7, 4, 5, 3, 0, 1}, "periodic to the west");
    ok(around(3) == Columns{6, 7, 4, 2, 3, 0, 2, 3, 0}, "a row repeats at its pole");
    const Columns five = gwparam::stencil_neighbours(grid, 2);
    const auto of_9 = five.begin() + 225;
    ok(five.size() == 300 &&
           Columns(of_9, of_9 + 15) ==
               Columns{11, 8, 9, 10, 11, 11, 8, 9, 10, 11, 11, 8, 9, 10, 11},
       "two rows repeat at a pole");
    const LatLonGrid tiny = gwparam::grid_of_axes({0.0}, {0.0});
    ok(gwparam::stencil_neighbours(tiny, 2) == Columns(25, 0),
       "a lone column is all its neighbours");
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

// Regridding: constants, integrals over the globe, closed forms, and bits that stay.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "columns/regrid.hpp"
#include "tap.h"

namespace {

using gwparam::LatLonGrid;
using gwparam::Regrid;
using Numbers = std::vector<double>;

constexpr double rounding = 1e-14;     // of a weighted mean of order one
constexpr double conservation = 1e-13; // of the integral of the magnitude

std::mt19937 generator(2024);

double random_between(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(generator);
}

Numbers random_values(std::int64_t count) {
    Numbers values(count);
    std::generate(values.begin(), values.end(),
                  [] { return random_between(-1.0, 1.0); });
    return values;
}

// Spacings differ, the latitudes may descend, the longitudes have any origin.
LatLonGrid random_grid(int rows, int length) {
    Numbers latitude;
    const double top = random_between(0.0, 0.9);
    for (int i = 0; i < rows; ++i) {
        latitude.push_back(-90.0 +
                           180.0 * (i + 0.5 * top + 0.4 * random_between(0, 1)) / rows);
    }
    Numbers longitude;
    const double origin = random_between(-180.0, 360.0);
    for (int j = 0; j < length; ++j) {
        longitude.push_back(origin + 360.0 * (j + 0.4 * random_between(0, 1)) / length);
    }
    if (random_between(0.0, 1.0) < 0.5) {
        std::reverse(latitude.begin(), latitude.end());
    }
    return gwparam::grid_of_axes(latitude, longitude);
}

LatLonGrid even_grid(int rows, int length, double origin) {
    Numbers latitude;
    for (int i = 0; i < rows; ++i) {
        latitude.push_back(90.0 - 180.0 * (i + 0.5) / rows);
    }
    Numbers longitude;
    for (int j = 0; j < length; ++j) {
        longitude.push_back(origin + 360.0 * j / length);
    }
    return gwparam::grid_of_axes(latitude, longitude);
}

Numbers applied(const Regrid &regrid, const Numbers &source, std::int64_t levels = 1) {
    Numbers target(regrid.target_columns() * levels, NAN);
    regrid.apply(source.data(), levels, target.data());
    return target;
}

double integral(const LatLonGrid &grid, const Numbers &values) {
    const Numbers areas = gwparam::column_areas(grid);
    return std::inner_product(areas.begin(), areas.end(), values.begin(), 0.0);
}

double latitude_of(const LatLonGrid &grid, std::int64_t column) {
    return grid.latitude[grid.cell_of_column[column] / grid.row_length()];
}

double longitude_of(const LatLonGrid &grid, std::int64_t column) {
    return grid.longitude[grid.cell_of_column[column] % grid.row_length()];
}

template <typename Function> Numbers sampled(const LatLonGrid &grid, Function &&f) {
    Numbers values;
    for (std::int64_t n = 0; n < grid.columns(); ++n) {
        values.push_back(f(latitude_of(grid, n), longitude_of(grid, n)));
    }
    return values;
}

double largest_difference(const Numbers &a, const Numbers &b) {
    double largest = a.size() == b.size() ? 0.0 : INFINITY;
    for (std::size_t n = 0; n < a.size() && n < b.size(); ++n) {
        const double difference = std::abs(a[n] - b[n]);
        largest = difference <= largest ? largest : difference; // keeps NaN
    }
    return largest;
}

void test_random_pairs() {
    const int sizes[][2] = {{3, 4}, {8, 16}, {13, 27}, {32, 64}, {5, 2}, {64, 128}};
    double worst_constant = 0.0;
    double worst_integral = 0.0;
    double worst_weight = 0.0;
    for (const auto &coarse : sizes) {
        for (const auto &fine : sizes) {
            const LatLonGrid from = random_grid(coarse[0], coarse[1]);
            const LatLonGrid to = random_grid(fine[0], fine[1]);
            const Regrid linear = gwparam::bilinear_regrid(from, to);
            const Regrid mean = gwparam::conservative_regrid(from, to);
            const Numbers ones(from.columns(), 1.0);
            const Numbers expected(to.columns(), 1.0);
            worst_constant = std::max(
                {worst_constant, largest_difference(applied(linear, ones), expected),
                 largest_difference(applied(mean, ones), expected)});
            for (const Regrid *regrid : {&linear, &mean}) {
                for (const double weight : regrid->weight) {
                    worst_weight = std::max({worst_weight, -weight, weight - 1.0});
                }
            }
            const Numbers field = random_values(from.columns());
            Numbers magnitude = field;
            for (double &value : magnitude) {
                value = std::abs(value);
            }
            const double lost =
                integral(from, field) - integral(to, applied(mean, field));
            worst_integral =
                std::max(worst_integral, std::abs(lost) / integral(from, magnitude));
        }
    }
    printf("# constants %g, integrals %g\n", worst_constant, worst_integral);
    ok(worst_constant < rounding, "constants stay, both ways, whatever the grids");
    ok(worst_integral < conservation, "integrals stay, whatever the grids");
    ok(worst_weight <= rounding, "weights lie between 0 and 1");
}

void test_bilinear() {
    const LatLonGrid from = even_grid(12, 24, -170.0);
    const LatLonGrid to = even_grid(31, 50, 3.0);
    const auto slope = [&](double latitude, double) {
        return std::clamp(latitude, from.latitude.front(), from.latitude.back());
    };
    ok(largest_difference(
           applied(gwparam::bilinear_regrid(from, to), sampled(from, slope)),
           sampled(to, slope)) < 90.0 * rounding,
       "linear in latitude stays inside, the last row's value beyond");

    // A triangle wave with its corners on the places of the source.
    const auto wave = [](double, double longitude) {
        return std::abs(std::remainder(longitude - 10.0, 360.0));
    };
    ok(largest_difference(
           applied(gwparam::bilinear_regrid(from, to), sampled(from, wave)),
           sampled(to, wave)) < 360.0 * rounding,
       "linear in longitude stays, across 0 too");

    const LatLonGrid small = gwparam::grid_of_axes({-45.0, 45.0}, {0.0, 180.0});
    const LatLonGrid point = gwparam::grid_of_axes({0.0}, {270.0});
    const Numbers four{1.0, 2.0, 4.0, 8.0};
    ok(applied(gwparam::bilinear_regrid(small, point), four) == Numbers{3.75},
       "the middle of four cells is their mean");
}

void test_conservative() {
    const LatLonGrid fine = even_grid(8, 16, 11.25);
    const LatLonGrid coarse = even_grid(4, 8, 22.5);
    const Numbers field = random_values(fine.columns());
    const Numbers areas = gwparam::column_areas(fine);
    Numbers expected;
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 8; ++j) {
            double sum = 0.0;
            double area = 0.0;
            for (const int n : {32 * i + 2 * j, 32 * i + 2 * j + 1, 32 * i + 2 * j + 16,
                                32 * i + 2 * j + 17}) {
                sum += areas[n] * field[n];
                area += areas[n];
            }
            expected.push_back(sum / area);
        }
    }
    ok(largest_difference(applied(gwparam::conservative_regrid(fine, coarse), field),
                          expected) < rounding,
       "two by two cells become their mean");
    const Regrid back = gwparam::conservative_regrid(coarse, fine);
    const Numbers once = applied(gwparam::conservative_regrid(fine, coarse), field);
    const Numbers again =
        applied(gwparam::conservative_regrid(fine, coarse), applied(back, once));
    ok(largest_difference(once, again) < rounding,
       "fine cells keep a coarse one's mean");

    const LatLonGrid shifted = gwparam::grid_of_axes({-45.0, 45.0}, {45.0, 225.0});
    const LatLonGrid small = gwparam::grid_of_axes({-45.0, 45.0}, {0.0, 180.0});
    ok(largest_difference(
           applied(gwparam::conservative_regrid(small, shifted), {1.0, 5.0, 4.0, 8.0}),
           {2.0, 4.0, 5.0, 7.0}) < 8.0 * rounding,
       "a shift by a quarter of a cell takes a quarter of the neighbour");
}

void test_same_cells() {
    const LatLonGrid from =
        gwparam::grid_of_axes({60.0, 0.0, -60.0}, {-120.0, 0.0, 120.0});
    const LatLonGrid to =
        gwparam::grid_of_axes({-60.0, 0.0, 60.0}, {0.0, 120.0, 240.0});
    const std::int64_t levels = 4;
    Numbers source = random_values(from.columns() * levels);
    source[0] = -0.0;
    bool moved = true;
    for (const Regrid &regrid :
         {gwparam::bilinear_regrid(from, to), gwparam::conservative_regrid(from, to)}) {
        const Numbers target = applied(regrid, source, levels);
        for (std::int64_t n = 0; n < to.columns(); ++n) {
            const std::int64_t same = from.column_of_cell[to.cell_of_column[n]];
            for (std::int64_t k = 0; k < levels; ++k) {
                const double value = target[n * levels + k];
                const double expected = source[same * levels + k];
                moved &=
                    value == expected && std::signbit(value) == std::signbit(expected);
            }
        }
        std::vector<float> single(target.size());
        regrid.apply(source.data(), levels, single.data());
        std::vector<float> from_single(source.begin(), source.end());
        std::vector<float> to_single(target.size());
        regrid.apply(from_single.data(), levels, to_single.data());
        moved &= single == to_single;
    }
    ok(moved, "between the same cells values only move, in either precision");
}

} // namespace

int main() {
    test_random_pairs();
    test_bilinear();
    test_conservative();
    test_same_cells();
    return done_testing();
}

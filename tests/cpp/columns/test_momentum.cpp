// The momentum that tendencies bring to a column.
#include <cmath>

#include "base/constants.hpp"
#include "columns/momentum.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::ColumnMomentum;
using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::OutputKind;
using gwparam::Rows;

FieldContract field_of(const char *name, const char *units, OutputKind kind,
                       std::int64_t levels) {
    FieldContract field;
    field.name = name;
    field.units = units;
    field.kind = kind;
    field.levels = levels;
    return field;
}

bool is_near(double found, double expected) {
    return std::abs(found - expected) <= 1e-12 * std::abs(expected);
}

void test_masses() {
    const double g = gwparam::standard_gravity;
    const auto masses = gwparam::layer_masses({100.0, 300.0, 900.0});
    ok(is_near(masses[0], 200.0 / g) && is_near(masses[1], 400.0 / g) &&
           is_near(masses[2], 600.0 / g),
       "bounds are midway, and as far beyond the ends");
    const auto turned = gwparam::layer_masses({900.0, 300.0, 100.0});
    ok(turned == std::vector<double>(masses.rbegin(), masses.rend()),
       "levels from below");
    ok(is_near(gwparam::layer_masses({500.0})[0], 1000.0 / g), "a single level");
}

void test_sums() {
    const std::vector<FieldContract> outputs{
        field_of("flux", "Pa", OutputKind::flux, 3),
        field_of("du", "m s-2", OutputKind::tendency, 3),
        field_of("dT", "K s-1", OutputKind::tendency, 3),
        field_of("dv", "m s-1 day-1", OutputKind::tendency, 3),
        field_of("elsewhere", "m s-2", OutputKind::tendency, 2)};
    ColumnMomentum momentum(outputs, {100.0, 300.0, 900.0});
    ok(momentum.fields().size() == 2 &&
           momentum.fields()[1].name == "column momentum of dv" &&
           momentum.fields()[1].units == "Pa" && momentum.fields()[1].levels == 0,
       "of accelerations on the host's levels alone");
    std::vector<Rows> rows;
    rows.push_back(rows_of(Dtype::float64, 3, {9, 9, 9, 9, 9, 9}));
    rows.push_back(rows_of(Dtype::float32, 3, {1, 0, 0, 1, 1, -1}));
    rows.push_back(rows_of(Dtype::float64, 3, {9, 9, 9, 9, 9, 9}));
    rows.push_back(rows_of(Dtype::float64, 3, {0, 0, 86400, NAN, 0, 0}));
    rows.push_back(rows_of(Dtype::float64, 2, {9, 9, 9, 9}));
    gwparam::ThreadPool pool(2);
    for (int again = 0; again < 2; ++again) {
        const std::vector<Rows> &sums = momentum.of(rows, pool);
        const double g = gwparam::standard_gravity;
        ok(is_near(gwparam::value_at(sums[0], 0, 0), 200.0 / g) &&
               gwparam::value_at(sums[0], 1, 0) == 0.0 &&
               is_near(gwparam::value_at(sums[1], 0, 0), 600.0 / g) &&
               std::isnan(gwparam::value_at(sums[1], 1, 0)),
           "tendency times mass, in Pa");
    }
}

} // namespace

int main() {
    test_masses();
    test_sums();
    return done_testing();
}

// What guards caught: columns, levels, the worst value, and the same whoever looks
// first.
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "columns/guards/tally.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Caught;
using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Guard;
using gwparam::GuardTally;
using gwparam::LevelPressures;
using gwparam::Places;
using gwparam::Rows;

constexpr std::int64_t levels = 3;

Guard above_two() {
    Guard guard("limit", Guard::Sees::outputs, GWPARAM_GUARD_ZERO);
    guard.excess = [](const FieldContract &, double value, std::int64_t) {
        return std::abs(value) / 2.0;
    };
    return guard;
}

FieldContract drag() {
    FieldContract field;
    field.name = "drag";
    field.units = "m s-2";
    field.levels = levels;
    return field;
}

const Places places{{-60, 42.5}, {0, 10}, "1979-01-01"};
const LevelPressures pressures{{100, 2000, 90000}, {1, 2}};

GuardTally of(const std::vector<double> &values, std::int64_t column, bool top_down,
              std::int64_t run = 1, bool is_new = true) {
    GuardTally tally(1);
    const FieldContract field = drag();
    const Rows rows = rows_of(Dtype::float64, levels, values);
    tally.note({0, field, rows, column, is_new}, above_two(), top_down, pressures,
               places, run);
    return tally;
}

void test_one_column() {
    const std::vector<double> values{0, 0, 0, 3, -8, 1};
    const Caught down = of(values, 1, true).of(0);
    ok(down.columns == 1 && down.levels == std::vector<std::int64_t>{1, 1, 0},
       "every level beyond counts, from the top");
    ok(down.worst.excess == 4 && down.worst.value == -8 && down.worst.level == 2 &&
           down.worst.pressure == 2000 && down.worst.latitude == 42.5 &&
           down.worst.longitude == 10 && down.worst.date == "1979-01-01" &&
           down.worst.field == "drag" && down.worst.units == "m s-2" &&
           down.worst.run == 1,
       "the worst of them, where and when");
    const Caught again = of(values, 1, true, 1, false).of(0);
    ok(again.columns == 0 && again.levels == down.levels,
       "another field of a column that counts already");
    const Caught up = of(values, 1, false).of(0);
    ok(up.levels == std::vector<std::int64_t>{0, 1, 1} && up.worst.level == 2,
       "rows from below");
    const Caught nan = of({NAN, 9, 1}, 0, true).of(0);
    ok(std::isinf(nan.worst.excess) && nan.worst.level == 1 && nan.columns == 1,
       "what is no number is the worst");
    FieldContract surface = drag();
    surface.levels = 0;
    GuardTally tally(1);
    const Rows rows = rows_of(Dtype::float32, 1, {0, 5});
    tally.note({0, surface, rows, 1, true}, above_two(), true, pressures, places, 1);
    ok(tally.of(0).levels.empty() && tally.of(0).worst.level == 0 &&
           std::isnan(tally.of(0).worst.pressure) && tally.of(0).worst.excess == 2.5,
       "a surface field has no level");
}

void test_sums() {
    const GuardTally parts[] = {of({0, 0, 0, 3, -8, 1}, 1, true, 2),
                                of({5, 0, 3, 0, 0, 0}, 0, true, 1),
                                of({0, 8, 0, 0, 0, 0}, 0, true, 2)};
    const int orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}};
    bool same = true;
    for (const auto &order : orders) {
        GuardTally total(1);
        for (const int part : order) {
            total.add(parts[part]);
        }
        const Caught &its = total.of(0);
        same = same && its.columns == 3 &&
               its.levels == std::vector<std::int64_t>{2, 2, 1} &&
               its.worst.value == 8 && its.worst.latitude == -60;
    }
    ok(same, "sums and the worst in any order; of equals the southern one");
    GuardTally first(1);
    first.add(of({0, 8, 0}, 0, true, 2));
    first.add(of({0, 8, 0}, 0, true, 1));
    ok(first.of(0).worst.run == 1, "of equals the first");
    first.clear();
    ok(first.of(0).columns == 0 && first.of(0).worst.excess == 0, "cleared");
}

void test_pressures() {
    ok(pressures.at(Guard::Sees::inputs, 2, 1) == 2 &&
           pressures.at(Guard::Sees::host_inputs, 3, 2) == 90000 &&
           std::isnan(pressures.at(Guard::Sees::outputs, 4, 0)),
       "levels of the network for its inputs, else of the host; none at half levels");
}

} // namespace

int main() {
    test_one_column();
    test_sums();
    test_pressures();
    return done_testing();
}

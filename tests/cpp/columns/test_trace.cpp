// Sums of columns: what changes them, and what does not.
#include <cmath>
#include <limits>
#include <vector>

#include "columns/trace.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::Rows;
using gwparam::sums_of_columns;
using gwparam::ThreadPool;

constexpr std::int64_t columns = 700;
constexpr std::int64_t levels = 5;

std::vector<double> ramp(std::int64_t width) {
    std::vector<double> values(static_cast<std::size_t>(columns * width));
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = 0.25 * static_cast<double>(i) - 100;
    }
    return values;
}

std::vector<Rows> fields(std::vector<double> first, std::vector<double> second) {
    std::vector<Rows> rows;
    rows.push_back(rows_of(Dtype::float64, levels, first));
    rows.push_back(rows_of(Dtype::float32, 1, second));
    return rows;
}

} // namespace

int main() {
    ThreadPool alone(1);
    ThreadPool three(3);
    const std::vector<double> profile = ramp(levels);
    const std::vector<double> surface = ramp(1);
    const auto sums = sums_of_columns(fields(profile, surface), columns, alone);
    ok(sums.size() == columns, "one a column");
    ok(sums_of_columns(fields(profile, surface), columns, three) == sums,
       "whatever the threads");

    bool changes = true;
    for (const std::size_t i :
         {std::size_t{0}, profile.size() / 2, profile.size() - 1}) {
        std::vector<double> other = profile;
        other[i] = std::nextafter(other[i], 1e9);
        const auto found = sums_of_columns(fields(other, surface), columns, alone);
        for (std::size_t c = 0; c < found.size(); ++c) {
            changes &= (found[c] != sums[c]) == (c == i / levels);
        }
    }
    ok(changes, "one bit of one value changes the sum of its column alone");
    std::vector<double> other = surface;
    other[3] += 1;
    const auto found = sums_of_columns(fields(profile, other), columns, alone);
    ok(found[3] != sums[3] && found[2] == sums[2], "a surface field counts");
    other = profile;
    std::swap(other[0], other[1]);
    ok(sums_of_columns(fields(other, surface), columns, alone)[0] != sums[0],
       "levels have an order");

    std::vector<double> zero(profile.size(), 0.0);
    std::vector<double> minus(profile.size(), -0.0);
    ok(sums_of_columns(fields(zero, surface), columns, alone) !=
           sums_of_columns(fields(minus, surface), columns, alone),
       "the sign of a zero counts");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> one = profile;
    std::vector<double> two = profile;
    one[7] = nan;
    two[7] = std::copysign(nan, -1.0);
    ok(sums_of_columns(fields(one, surface), columns, alone) ==
           sums_of_columns(fields(two, surface), columns, alone),
       "NaN is NaN");
    ok(sums_of_columns(fields({}, {}), 0, alone).empty(), "no columns");
    return done_testing();
}

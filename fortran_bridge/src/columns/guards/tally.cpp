#include "columns/guards/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace gwparam {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

// NaN stands before all numbers, so that there is an order.
double ordered(double value) {
    return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
}

} // namespace

bool Catch::is_worse_than(const Catch &other) const {
    const auto key = [](const Catch &its) {
        return std::make_tuple(-its.excess, its.run, ordered(its.latitude),
                               ordered(its.longitude), its.level, ordered(its.value));
    };
    return excess > 0.0 && (other.excess <= 0.0 || key(*this) < key(other));
}

void Caught::add(const Caught &other) {
    columns += other.columns;
    levels.resize(std::max(levels.size(), other.levels.size()));
    for (std::size_t l = 0; l < other.levels.size(); ++l) {
        levels[l] += other.levels[l];
    }
    if (other.worst.is_worse_than(worst)) {
        worst = other.worst;
    }
}

double LevelPressures::at(Guard::Sees sees, std::int64_t width,
                          std::int64_t level) const {
    const std::vector<double> &its = sees == Guard::Sees::inputs ? network : host;
    const bool is_known = static_cast<std::int64_t>(its.size()) == width;
    return is_known ? its[static_cast<std::size_t>(level)] : unknown;
}

void GuardTally::note(std::size_t guard, const Guard &its, const FieldContract &field,
                      const Rows &rows, std::int64_t column, bool top_down,
                      const LevelPressures &pressures, const Places &places,
                      std::int64_t run) {
    Caught one;
    one.columns = 1;
    const std::int64_t width = rows.width();
    if (field.levels > 0) {
        one.levels.resize(static_cast<std::size_t>(width));
    }
    for (std::int64_t level = 0; level < width; ++level) {
        const double value = value_at(rows, column, level);
        const double measured = its.excess(field, value, level);
        const double excess =
            std::isnan(measured) ? std::numeric_limits<double>::infinity() : measured;
        if (!(excess > 1.0)) {
            continue;
        }
        const std::int64_t from_top = top_down ? level : width - 1 - level;
        Catch found{excess,
                    value,
                    places.latitude_of(column),
                    places.longitude_of(column),
                    unknown,
                    run,
                    0,
                    field.name,
                    field.units,
                    places.date};
        if (field.levels > 0) {
            ++one.levels[static_cast<std::size_t>(from_top)];
            found.level = from_top + 1;
            found.pressure = pressures.at(its.sees, width, from_top);
        }
        if (found.is_worse_than(one.worst)) {
            one.worst = found;
        }
    }
    caught_[guard].add(one);
}

void GuardTally::add(const GuardTally &other) {
    for (std::size_t g = 0; g < caught_.size(); ++g) {
        caught_[g].add(other.caught_[g]);
    }
}

} // namespace gwparam

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

void GuardTally::note(const CaughtColumn &its, const Guard &guard, bool top_down,
                      const LevelPressures &pressures, const Places &places,
                      std::int64_t run) {
    const auto &[number, field, rows, column, is_new] = its;
    Caught &caught = caught_[number];
    const std::int64_t width = rows.width();
    const bool on_levels = field.levels > 0;
    caught.columns += is_new ? 1 : 0;
    if (on_levels) {
        caught.levels.resize(
            std::max(caught.levels.size(), static_cast<std::size_t>(width)));
    }
    const auto row_level = [&](std::int64_t from_top) {
        return top_down ? from_top : width - 1 - from_top;
    };
    std::int64_t worst = -1; // from the top
    double most = 1.0;
    for (std::int64_t from_top = 0; from_top < width; ++from_top) {
        const std::int64_t level = row_level(from_top);
        const double measured =
            guard.excess(field, value_at(rows, column, level), level);
        const double excess =
            std::isnan(measured) ? std::numeric_limits<double>::infinity() : measured;
        if (on_levels && excess > 1.0) {
            ++caught.levels[static_cast<std::size_t>(from_top)];
        }
        if (excess > most) {
            most = excess;
            worst = from_top;
        }
    }
    if (worst < 0 || most < caught.worst.excess) {
        return; // texts are copied for what may be the worst alone
    }
    const Catch found{most,
                      value_at(rows, column, row_level(worst)),
                      places.latitude_of(column),
                      places.longitude_of(column),
                      on_levels ? pressures.at(guard.sees, width, worst) : unknown,
                      run,
                      on_levels ? worst + 1 : 0,
                      field.name,
                      field.units,
                      places.date};
    if (found.is_worse_than(caught.worst)) {
        caught.worst = found;
    }
}

void GuardTally::add(const GuardTally &other) {
    for (std::size_t g = 0; g < caught_.size(); ++g) {
        caught_[g].add(other.caught_[g]);
    }
}

} // namespace gwparam

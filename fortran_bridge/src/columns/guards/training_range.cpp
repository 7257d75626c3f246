// Inputs unlike those that the network was trained on.
#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "columns/guards/guards.hpp"

namespace gwparam {

namespace {

struct Interval {
    double least;
    double most;
};

bool is_known(const FieldContract &field) {
    return !field.training_mean.empty() && !field.training_deviation.empty();
}

// So many standard deviations around the mean, and what training saw, if that is more.
Interval passing(const FieldContract &field, double sigmas, std::int64_t level) {
    const auto l = static_cast<std::size_t>(level);
    const double reach = sigmas * field.training_deviation[l];
    Interval its{field.training_mean[l] - reach, field.training_mean[l] + reach};
    if (!field.training_minimum.empty()) {
        its.least = std::min(its.least, field.training_minimum[l]);
    }
    if (!field.training_maximum.empty()) {
        its.most = std::max(its.most, field.training_maximum[l]);
    }
    return its;
}

} // namespace

Guard training_range(const gwparam_options &options) {
    const double sigmas = options.range_sigmas;
    Guard guard("on_range", Guard::Sees::inputs, options.on_range);
    guard.check = [sigmas](const FieldContract &field, const Rows &rows,
                           std::int64_t first, std::int64_t end) {
        if (!is_known(field)) {
            return Spot{end, -1};
        }
        std::vector<Interval> passes; // of each level
        passes.reserve(static_cast<std::size_t>(rows.width()));
        for (std::int64_t level = 0; level < rows.width(); ++level) {
            passes.push_back(passing(field, sigmas, level));
        }
        return first_unfit(rows, first, end, [&](double value, std::int64_t level) {
            const Interval &its = passes[static_cast<std::size_t>(level)];
            // No short cuts: several values are looked at at a time.
            return (static_cast<int>(value >= its.least) &
                    static_cast<int>(value <= its.most)) != 0;
        });
    };
    guard.expected = [sigmas](const FieldContract &field, std::int64_t level) {
        const Interval its = passing(field, sigmas, level);
        std::ostringstream text;
        text << its.least << " to " << its.most;
        return text.str();
    };
    // In the distance from the mean to the end on that side; where that is 0, infinite.
    guard.excess = [sigmas](const FieldContract &field, double value,
                            std::int64_t level) {
        const Interval its = passing(field, sigmas, level);
        const double mean = field.training_mean[static_cast<std::size_t>(level)];
        const double distance = std::abs(value - mean);
        const double end = value < mean ? mean - its.least : its.most - mean;
        return distance > 0.0 ? distance / end : distance;
    };
    guard.nearest = [sigmas](const FieldContract &field, double value,
                             std::int64_t level) {
        const Interval its = passing(field, sigmas, level);
        return std::clamp(value, its.least, its.most);
    };
    if (guard.policy != GWPARAM_GUARD_IGNORE && !(sigmas > 0.0)) {
        reject_argument("range_sigmas is " + std::to_string(sigmas) +
                        ", expected a positive number where on_range is not ignore");
    }
    return guard;
}

} // namespace gwparam

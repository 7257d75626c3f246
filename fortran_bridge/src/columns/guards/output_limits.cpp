// Outputs beyond what the contract takes for credible, or not finite.
#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "columns/guards/guards.hpp"

namespace gwparam {

namespace {

// Without a limit, only what is not finite is beyond it.
double limit_of(const FieldContract &field) {
    return field.maximum_magnitude > 0.0 ? field.maximum_magnitude
                                         : std::numeric_limits<double>::max();
}

} // namespace

Guard output_limits(const gwparam_options &options) {
    Guard guard("on_limit", Guard::Sees::outputs, options.on_limit);
    guard.check = [](const FieldContract &field, const Rows &rows, std::int64_t first,
                     std::int64_t end) {
        return first_beyond(rows, first, end, limit_of(field));
    };
    guard.expected = [](const FieldContract &field, std::int64_t) {
        std::ostringstream text;
        text << "at most " << limit_of(field) << " in magnitude";
        return text.str();
    };
    guard.excess = [](const FieldContract &field, double value, std::int64_t) {
        return std::abs(value) / limit_of(field);
    };
    guard.nearest = [](const FieldContract &field, double value, std::int64_t) {
        return std::clamp(value, -limit_of(field), limit_of(field));
    };
    return guard;
}

} // namespace gwparam

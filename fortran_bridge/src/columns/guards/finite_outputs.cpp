// What is not finite never reaches the host: its column is replaced where on_limit
// replaces columns, else the step fails.
#include <cmath>
#include <limits>

#include "columns/guards/guards.hpp"

namespace gwparam {

namespace {

std::int32_t policy_for(std::int32_t on_limit) {
    const bool replaces = on_limit == GWPARAM_GUARD_ZERO ||
                          on_limit == GWPARAM_GUARD_KEEP ||
                          on_limit == GWPARAM_GUARD_NATIVE;
    return replaces ? on_limit : std::int32_t{GWPARAM_GUARD_ERROR};
}

} // namespace

Guard finite_outputs(const gwparam_options &options) {
    Guard guard("finite", Guard::Sees::outputs, policy_for(options.on_limit));
    guard.check = [](const FieldContract &, const Rows &rows, std::int64_t first,
                     std::int64_t end) {
        return first_beyond(rows, first, end, std::numeric_limits<double>::max());
    };
    guard.expected = [](const FieldContract &, std::int64_t) {
        return std::string("a finite value");
    };
    guard.excess = [](const FieldContract &, double value, std::int64_t) {
        return std::abs(value) / std::numeric_limits<double>::max();
    };
    return guard;
}

} // namespace gwparam

// Columns that gain more momentum than waves can bring.
#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "columns/guards/guards.hpp"

namespace gwparam {

Guard column_momentum(const gwparam_options &options) {
    const double limit = options.momentum_limit;
    Guard guard("on_momentum", Guard::Sees::momentum, options.on_momentum);
    guard.check = [limit](const FieldContract &, const Rows &rows, std::int64_t first,
                          std::int64_t end) {
        return first_beyond(rows, first, end, limit);
    };
    guard.expected = [limit](const FieldContract &, std::int64_t) {
        std::ostringstream text;
        text << "at most " << limit << " in magnitude";
        return text.str();
    };
    guard.excess = [limit](const FieldContract &, double value, std::int64_t) {
        return std::abs(value) / limit;
    };
    if (guard.policy != GWPARAM_GUARD_IGNORE && !(limit > 0.0)) {
        reject_argument("momentum_limit is " + std::to_string(limit) +
                        " Pa, expected a positive number where on_momentum is not "
                        "ignore");
    }
    return guard;
}

} // namespace gwparam

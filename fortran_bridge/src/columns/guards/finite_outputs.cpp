// What is not finite never reaches the host, whatever the policies of the others.
#include <cmath>
#include <limits>

#include "columns/guards/guards.hpp"

namespace gwparam {

Guard finite_outputs() {
    const auto check = [](const FieldContract &, const Rows &rows, std::int64_t first,
                          std::int64_t end) {
        return first_beyond(rows, first, end, std::numeric_limits<double>::max());
    };
    const auto expected = [](const FieldContract &, std::int64_t) {
        return std::string("a finite value");
    };
    const auto excess = [](const FieldContract &, double value, std::int64_t) {
        return std::abs(value) / std::numeric_limits<double>::max();
    };
    return {"finite", Guard::Sees::outputs, GWPARAM_GUARD_ERROR, check, expected,
            excess};
}

} // namespace gwparam

// Inputs unlike those that the network was trained on.
#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "columns/guards/guards.hpp"

namespace gwparam {

Guard training_range(const gwparam_options &options) {
    const double sigmas = options.range_sigmas;
    const auto check = [sigmas](const FieldContract &field, const Rows &rows,
                                std::int64_t first, std::int64_t end) {
        const std::vector<double> &mean = field.training_mean;
        const std::vector<double> &deviation = field.training_deviation;
        if (mean.empty() || deviation.empty()) {
            return Spot{end, -1};
        }
        return first_unfit(rows, first, end, [&](double value, std::int64_t level) {
            const auto l = static_cast<std::size_t>(level);
            return std::abs(value - mean[l]) <= sigmas * deviation[l];
        });
    };
    const auto expected = [sigmas](const FieldContract &field, std::int64_t level) {
        const auto l = static_cast<std::size_t>(level);
        std::ostringstream text;
        text << field.training_mean[l] << " within "
             << sigmas * field.training_deviation[l];
        return text.str();
    };
    // A deviation of 0 gives an infinity.
    const auto excess = [sigmas](const FieldContract &field, double value,
                                 std::int64_t level) {
        const auto l = static_cast<std::size_t>(level);
        const double distance = std::abs(value - field.training_mean[l]);
        return distance > 0.0 ? distance / (sigmas * field.training_deviation[l])
                              : distance;
    };
    Guard guard("on_range", Guard::Sees::inputs, options.on_range, check, expected,
                excess);
    if (guard.policy != GWPARAM_GUARD_IGNORE && !(sigmas > 0.0)) {
        reject_argument("range_sigmas is " + std::to_string(sigmas) +
                        ", expected a positive number where on_range is not ignore");
    }
    return guard;
}

} // namespace gwparam

#include "columns/guard.hpp"

#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include "base/error.hpp"

namespace gwparam {

namespace {

// Calls body(values of the row) with the row's own type.
template <typename Body> void visit_row(const Rows &rows, std::int64_t i, Body &&body) {
    if (rows.dtype() == Dtype::float32) {
        body(reinterpret_cast<const float *>(rows.row(i)));
    } else {
        body(reinterpret_cast<const double *>(rows.row(i)));
    }
}

double value_at(const Rows &rows, std::int64_t column, std::int64_t level) {
    double value = 0.0;
    visit_row(rows, column, [&](const auto *values) { value = values[level]; });
    return value;
}

std::string describe(const FieldContract &field, const Rows &rows, bool top_down,
                     std::int64_t column, std::int64_t level) {
    std::ostringstream text;
    text << field.name << " is " << value_at(rows, column, level) << " " << field.units
         << " in column " << column + 1;
    if (field.levels > 0) {
        text << " at level " << (top_down ? level + 1 : rows.width() - level)
             << " from the top";
    }
    text << ", counted from 1, expected ";
    return text.str();
}

void mark(std::int32_t policy, ColumnMark &mark) {
    mark = policy == GWPARAM_GUARD_ZERO ? column_zeroed : column_kept;
}

} // namespace

void mark_out_of_range(const std::vector<FieldContract> &fields,
                       const std::vector<Rows> &inputs, bool top_down, double sigmas,
                       std::int32_t policy, ColumnMarks &marks) {
    if (policy == GWPARAM_GUARD_IGNORE) {
        return;
    }
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        const FieldContract &field = fields[f];
        const Rows &rows = inputs[f];
        if (field.training_mean.empty() || field.training_deviation.empty()) {
            continue;
        }
        for (std::size_t column = 0; column < marks.size(); ++column) {
            const auto i = static_cast<std::int64_t>(column);
            for (std::int64_t level = 0; level < rows.width(); ++level) {
                const auto l = static_cast<std::size_t>(level);
                const double mean = field.training_mean[l];
                const double reach = sigmas * field.training_deviation[l];
                if (std::abs(value_at(rows, i, level) - mean) <= reach) {
                    continue;
                }
                if (policy == GWPARAM_GUARD_ERROR) {
                    std::ostringstream text;
                    text << describe(field, rows, top_down, i, level) << mean
                         << " within " << reach;
                    throw Error(GWPARAM_ERR_RANGE, text.str());
                }
                mark(policy, marks[column]);
            }
        }
    }
}

void mark_beyond_limits(const std::vector<FieldContract> &fields,
                        const std::vector<Rows> &outputs, bool top_down,
                        std::int32_t policy, ColumnMarks &marks) {
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        const FieldContract &field = fields[f];
        const Rows &rows = outputs[f];
        // Without a limit, only what is not finite is beyond it.
        const bool limited =
            policy != GWPARAM_GUARD_IGNORE && field.maximum_magnitude > 0.0;
        const double limit =
            limited ? field.maximum_magnitude : std::numeric_limits<double>::max();
        for (std::size_t column = 0; column < marks.size(); ++column) {
            const auto i = static_cast<std::int64_t>(column);
            std::int64_t bad_level = -1;
            visit_row(rows, i, [&](const auto *values) {
                bool fine = true;
                for (std::int64_t level = 0; level < rows.width(); ++level) {
                    fine &= std::abs(values[level]) <= limit; // false for NaN too
                }
                for (std::int64_t level = 0; !fine && bad_level < 0; ++level) {
                    bad_level = std::abs(values[level]) <= limit ? -1 : level;
                }
            });
            if (bad_level < 0) {
                continue;
            }
            if (policy == GWPARAM_GUARD_ERROR || policy == GWPARAM_GUARD_IGNORE) {
                const bool finite = std::isfinite(value_at(rows, i, bad_level));
                std::ostringstream text;
                text << describe(field, rows, top_down, i, bad_level) << "at most "
                     << limit << " in magnitude";
                throw Error(finite ? GWPARAM_ERR_RANGE : GWPARAM_ERR_NONFINITE,
                            text.str());
            }
            mark(policy, marks[column]);
        }
    }
}

} // namespace gwparam

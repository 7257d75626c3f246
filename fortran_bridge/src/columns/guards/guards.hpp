// Which columns are not to be trusted, and what becomes of them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/array.hpp"
#include "columns/places.hpp"
#include "gwparam.h"

namespace gwparam {

using ColumnMarks = std::vector<ColumnMark>; // one a column

// A value of a field; level -1 in the column after the last: there is none.
struct Spot {
    std::int64_t column;
    std::int64_t level;
};

struct Guard {
    // Inputs as the host puts them, those of the network, outputs of the host, and what
    // their tendencies come to in a column (columns/momentum.hpp).
    enum class Sees { host_inputs, inputs, outputs, momentum };

    // The first bad value of a field in the columns from `first` up to, not with,
    // `end`.
    using Check = std::function<Spot(const FieldContract &field, const Rows &rows,
                                     std::int64_t first, std::int64_t end)>;
    // What was expected there, for a message.
    using Expected =
        std::function<std::string(const FieldContract &field, std::int64_t level)>;

    // How far beyond what passes a value is: above 1 where `check` finds it, 1 at the
    // bound; infinite, or no number, where that has no measure.
    using Excess = std::function<double(const FieldContract &field, double value,
                                        std::int64_t level)>;

    // The value that passes and is nearest to a finite one that does not.
    using Nearest = std::function<double(const FieldContract &field, double value,
                                         std::int64_t level)>;

    // The name is that of the option with the policy, GWPARAM_GUARD_*. Throws
    // ERR_ARGUMENT for another policy.
    Guard(const char *option, Sees what, std::int32_t does);

    const char *name;
    Sees sees;
    std::int32_t policy;
    Check check;
    Expected expected;
    Excess excess;
    Nearest nearest; // none: nothing is near, and the column cannot be clipped
};

// One file each. Throw ERR_ARGUMENT for settings that cannot be meant.
Guard unphysical_inputs(const gwparam_options &options);
Guard training_range(const gwparam_options &options);
Guard finite_outputs(const gwparam_options &options);
Guard output_limits(const gwparam_options &options);
Guard column_momentum(const gwparam_options &options);

// All of them, in the order in which they look at a column.
std::vector<Guard> guards_of(const gwparam_options &options);

// A column that a guard catches in one field.
struct CaughtColumn {
    std::size_t guard;
    const FieldContract &field;
    const Rows &rows;
    std::int64_t column;
    bool is_new; // this guard has not caught it in another field
};

// What guards say of the columns that they catch.
struct Watch {
    bool top_down = true; // the order of the rows' levels: messages count from the top
    Place place = nowhere;
    // Hears of each column that a guard catches, one at a time, in no order.
    std::function<void(const CaughtColumn &)> caught = nullptr;
};

// Marks the columns that a guard of these fields gives up: later ones do not look at
// them. Clips the values of those that it clips. Throws ERR_RANGE, or ERR_NONFINITE for
// a value that is no finite number, for the first column that a guard must not give up,
// whatever the number of threads.
void apply(const std::vector<Guard> &guards, Guard::Sees what,
           const std::vector<FieldContract> &fields, std::vector<Rows> &rows,
           const Watch &watch, ColumnMarks &marks, ThreadPool &pool);

// The same for one field, from a column on.
void apply_to_field(const std::vector<Guard> &guards, Guard::Sees what,
                    const FieldContract &field, Rows &rows, std::int64_t first,
                    const Watch &watch, ColumnMarks &marks, ThreadPool &pool);

// Sets the outputs of all marked columns to zero, also of those that get() leaves
// alone, or the native scheme has yet to give: what they hold may not be finite. Gives
// their number.
std::int64_t clear_marked(const ColumnMarks &marks, std::vector<Rows> &outputs);

// The first value that is not fine(value, level). All levels of a column are looked at
// before one is searched, so that the compiler may take several at a time.
template <typename Fine>
Spot first_unfit(const Rows &rows, std::int64_t first, std::int64_t end, Fine fine) {
    Spot spot{end, -1};
    visit(rows, [&](const auto *values) {
        const std::int64_t width = rows.width();
        for (std::int64_t column = first; column < end && spot.level < 0; ++column) {
            const auto *value = values + column * width;
            int unfit = 0;
            for (std::int64_t level = 0; level < width; ++level) {
                unfit |= static_cast<int>(!fine(value[level], level));
            }
            for (std::int64_t level = 0; unfit != 0 && spot.level < 0; ++level) {
                if (!fine(value[level], level)) {
                    spot = {column, level};
                }
            }
        }
    });
    return spot;
}

// The first value whose magnitude is above a limit, or that is no number.
Spot first_beyond(const Rows &rows, std::int64_t first, std::int64_t end, double limit);

} // namespace gwparam

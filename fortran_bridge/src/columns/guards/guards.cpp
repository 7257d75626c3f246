#include "columns/guards/guards.hpp"

#include <cmath>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/error.hpp"

namespace gwparam {

namespace {

[[noreturn]] void reject(const Guard &guard, const FieldContract &field,
                         const Rows &rows, const Watch &watch, std::int64_t column,
                         std::int64_t level) {
    const double value = value_at(rows, column, level);
    std::ostringstream text;
    text << field.name << " is " << value << " " << field.units << " in column "
         << column + 1;
    if (field.levels > 0) {
        text << " at level " << (watch.top_down ? level + 1 : rows.width() - level)
             << " from the top";
    }
    text << ", counted from 1" << watch.place(column) << ", expected "
         << guard.expected(field, level);
    throw Error(std::isfinite(value) ? GWPARAM_ERR_RANGE : GWPARAM_ERR_NONFINITE,
                text.str());
}

void apply_one(const std::vector<Guard> &guards, std::size_t number, Guard::Sees what,
               const FieldContract &field, const Rows &rows, std::int64_t first,
               const Watch &watch, ColumnMarks &marks) {
    const Guard &guard = guards[number];
    if (guard.sees != what || guard.policy == GWPARAM_GUARD_IGNORE) {
        return;
    }
    const auto end = static_cast<std::int64_t>(marks.size());
    for (Spot bad = guard.check(field, rows, first, end); bad.level >= 0;
         bad = guard.check(field, rows, bad.column + 1, end)) {
        ColumnMark &mark = marks[static_cast<std::size_t>(bad.column)];
        if (mark != column_passes) {
            continue;
        }
        if (guard.policy == GWPARAM_GUARD_ERROR) {
            reject(guard, field, rows, watch, bad.column, bad.level);
        }
        mark = guard.policy == GWPARAM_GUARD_ZERO ? column_zeroed : column_kept;
        if (watch.caught) {
            watch.caught(number, field, rows, bad.column);
        }
    }
}

} // namespace

Guard::Guard(const char *option, Sees what, std::int32_t does, Check finds,
             Expected says, Excess measures)
    : name(option), sees(what), policy(does), check(std::move(finds)),
      expected(std::move(says)), excess(std::move(measures)) {
    check_choice(name, policy, GWPARAM_GUARD_IGNORE);
}

std::vector<Guard> guards_of(const gwparam_options &options) {
    return {unphysical_inputs(options), training_range(options), output_limits(options),
            finite_outputs()};
}

void apply(const std::vector<Guard> &guards, Guard::Sees what,
           const std::vector<FieldContract> &fields, const std::vector<Rows> &rows,
           const Watch &watch, ColumnMarks &marks) {
    for (std::size_t g = 0; g < guards.size(); ++g) { // all of one before the next
        for (std::size_t f = 0; f < rows.size(); ++f) {
            apply_one(guards, g, what, fields[f], rows[f], 0, watch, marks);
        }
    }
}

void apply_to_field(const std::vector<Guard> &guards, Guard::Sees what,
                    const FieldContract &field, const Rows &rows, std::int64_t first,
                    const Watch &watch, ColumnMarks &marks) {
    for (std::size_t g = 0; g < guards.size(); ++g) {
        apply_one(guards, g, what, field, rows, first, watch, marks);
    }
}

std::int64_t clear_marked(const ColumnMarks &marks, std::vector<Rows> &outputs) {
    std::int64_t cleared = 0;
    for (std::size_t column = 0; column < marks.size(); ++column) {
        if (marks[column] == column_passes) {
            continue;
        }
        ++cleared;
        for (Rows &rows : outputs) {
            std::memset(rows.row(static_cast<std::int64_t>(column)), 0,
                        static_cast<std::size_t>(rows.row_bytes()));
        }
    }
    return cleared;
}

Spot first_beyond(const Rows &rows, std::int64_t first, std::int64_t end,
                  double limit) {
    return first_unfit(rows, first, end, [limit](auto value, std::int64_t) {
        return std::abs(value) <= limit; // false for NaN too
    });
}

} // namespace gwparam

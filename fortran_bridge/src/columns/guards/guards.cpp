#include "columns/guards/guards.hpp"

#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>
#include <sstream>
#include <tuple>
#include <utility>

#include "base/error.hpp"

namespace gwparam {

namespace {

[[noreturn]] void reject(const Guard &guard, const FieldContract &field,
                         const Rows &rows, const Watch &watch, const Spot &spot) {
    const auto [column, level] = spot;
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

// What a guard refuses.
struct Refusal {
    std::size_t guard;
    std::size_t field;
    Spot spot;

    bool is_before(const Refusal &other) const {
        return std::tie(guard, field, spot.column) <
               std::tie(other.guard, other.field, other.spot.column);
    }
};

// Fields side by side: of several columns, those of one.
struct Fields {
    const FieldContract *contracts;
    const Rows *rows;
    std::size_t count;
};

using CaughtColumn =
    std::function<void(std::size_t guard, std::size_t field, std::int64_t column)>;

// In the columns from `first` to `end`, all fields of one guard before the next.
std::optional<Refusal> first_refusal(const std::vector<Guard> &guards, Guard::Sees what,
                                     const Fields &fields, std::int64_t first,
                                     std::int64_t end, const CaughtColumn &caught,
                                     ColumnMarks &marks) {
    for (std::size_t g = 0; g < guards.size(); ++g) {
        const Guard &guard = guards[g];
        if (guard.sees != what || guard.policy == GWPARAM_GUARD_IGNORE) {
            continue;
        }
        for (std::size_t f = 0; f < fields.count; ++f) {
            const FieldContract &field = fields.contracts[f];
            const Rows &rows = fields.rows[f];
            for (Spot bad = guard.check(field, rows, first, end); bad.level >= 0;
                 bad = guard.check(field, rows, bad.column + 1, end)) {
                ColumnMark &mark = marks[static_cast<std::size_t>(bad.column)];
                if (mark != column_passes) {
                    continue;
                }
                if (guard.policy == GWPARAM_GUARD_ERROR) {
                    return Refusal{g, f, bad};
                }
                mark = guard.policy == GWPARAM_GUARD_ZERO ? column_zeroed : column_kept;
                caught(g, f, bad.column);
            }
        }
    }
    return std::nullopt;
}

void apply_to(const std::vector<Guard> &guards, Guard::Sees what, const Fields &fields,
              std::int64_t first, const Watch &watch, ColumnMarks &marks,
              ThreadPool &pool) {
    std::int64_t numbers = 0; // of a column
    for (std::size_t f = 0; f < fields.count; ++f) {
        numbers += fields.rows[f].width();
    }
    std::mutex mutex;
    std::optional<Refusal> refusal; // the first of all, as one thread would meet it
    const auto caught = [&](std::size_t guard, std::size_t field, std::int64_t column) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (watch.caught) {
            watch.caught(guard, fields.contracts[field], fields.rows[field], column);
        }
    };
    const auto columns = static_cast<std::int64_t>(marks.size()) - first;
    pool.run_ranges(columns, numbers, [&](std::int64_t begin, std::int64_t end) {
        const std::optional<Refusal> its = first_refusal(
            guards, what, fields, first + begin, first + end, caught, marks);
        const std::lock_guard<std::mutex> lock(mutex);
        if (its && (!refusal || its->is_before(*refusal))) {
            refusal = its;
        }
    });
    if (refusal) {
        reject(guards[refusal->guard], fields.contracts[refusal->field],
               fields.rows[refusal->field], watch, refusal->spot);
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
           const Watch &watch, ColumnMarks &marks, ThreadPool &pool) {
    apply_to(guards, what, {fields.data(), rows.data(), rows.size()}, 0, watch, marks,
             pool);
}

void apply_to_field(const std::vector<Guard> &guards, Guard::Sees what,
                    const FieldContract &field, const Rows &rows, std::int64_t first,
                    const Watch &watch, ColumnMarks &marks, ThreadPool &pool) {
    apply_to(guards, what, {&field, &rows, 1}, first, watch, marks, pool);
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

#include "columns/guards/guards.hpp"

#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>
#include <sstream>
#include <tuple>
#include <type_traits>
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
    Rows *rows;
    std::size_t count;
};

using Caught = std::function<void(const CaughtColumn &)>;

// Sets what does not pass to what does.
void clip(const Guard &guard, const FieldContract &field, Rows &rows,
          std::int64_t column) {
    visit(rows, [&](auto *values) {
        using Value = std::remove_reference_t<decltype(*values)>;
        Value *value = values + column * rows.width();
        for (std::int64_t level = 0; level < rows.width(); ++level) {
            const double its = value[level];
            const double nearest = guard.nearest(field, its, level);
            if (nearest != its) {
                value[level] = static_cast<Value>(nearest);
            }
        }
    });
}

ColumnMark::Decision decision_of(std::int32_t policy) {
    switch (policy) {
    case GWPARAM_GUARD_ZERO:
        return ColumnMark::zeroed;
    case GWPARAM_GUARD_KEEP:
        return ColumnMark::kept;
    case GWPARAM_GUARD_NATIVE:
        return ColumnMark::native;
    default:
        return ColumnMark::passes;
    }
}

// In the columns from `first` to `end`, all fields of one guard before the next.
std::optional<Refusal> first_refusal(const std::vector<Guard> &guards, Guard::Sees what,
                                     const Fields &fields, std::int64_t first,
                                     std::int64_t end, const Caught &caught,
                                     ColumnMarks &marks) {
    for (std::size_t g = 0; g < guards.size(); ++g) {
        const Guard &guard = guards[g];
        if (guard.sees != what || guard.policy == GWPARAM_GUARD_IGNORE) {
            continue;
        }
        const auto bit = static_cast<std::uint8_t>(1U << g);
        const bool clips = guard.policy == GWPARAM_GUARD_CLIP;
        for (std::size_t f = 0; f < fields.count; ++f) {
            const FieldContract &field = fields.contracts[f];
            Rows &rows = fields.rows[f];
            for (Spot bad = guard.check(field, rows, first, end); bad.level >= 0;
                 bad = guard.check(field, rows, bad.column + 1, end)) {
                ColumnMark &mark = marks[static_cast<std::size_t>(bad.column)];
                if (mark.decision != ColumnMark::passes) {
                    continue;
                }
                if (guard.policy == GWPARAM_GUARD_ERROR ||
                    (clips && !std::isfinite(value_at(rows, bad.column, bad.level)))) {
                    return Refusal{g, f, bad};
                }
                caught({g, field, rows, bad.column, (mark.noted & bit) == 0});
                mark.noted = static_cast<std::uint8_t>(mark.noted | bit);
                mark.decision = decision_of(guard.policy);
                if (clips) {
                    clip(guard, field, rows, bad.column);
                }
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
    const auto caught = [&](const CaughtColumn &its) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (watch.caught) {
            watch.caught(its);
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

Guard::Guard(const char *option, Sees what, std::int32_t does)
    : name(option), sees(what), policy(does) {
    check_choice(name, policy, GWPARAM_GUARD_NATIVE);
}

std::vector<Guard> guards_of(const gwparam_options &options) {
    std::vector<Guard> guards{unphysical_inputs(options), training_range(options),
                              finite_outputs(options), output_limits(options),
                              column_momentum(options)};
    for (const Guard &guard : guards) {
        if (guard.policy == GWPARAM_GUARD_CLIP && !guard.nearest) {
            reject_argument(std::string(guard.name) +
                            " is clip, expected another: there is no nearest value "
                            "that passes");
        }
    }
    return guards;
}

void apply(const std::vector<Guard> &guards, Guard::Sees what,
           const std::vector<FieldContract> &fields, std::vector<Rows> &rows,
           const Watch &watch, ColumnMarks &marks, ThreadPool &pool) {
    apply_to(guards, what, {fields.data(), rows.data(), rows.size()}, 0, watch, marks,
             pool);
}

void apply_to_field(const std::vector<Guard> &guards, Guard::Sees what,
                    const FieldContract &field, Rows &rows, std::int64_t first,
                    const Watch &watch, ColumnMarks &marks, ThreadPool &pool) {
    apply_to(guards, what, {&field, &rows, 1}, first, watch, marks, pool);
}

std::int64_t clear_marked(const ColumnMarks &marks, std::vector<Rows> &outputs) {
    std::int64_t cleared = 0;
    for (std::size_t column = 0; column < marks.size(); ++column) {
        if (marks[column].decision == ColumnMark::passes) {
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

// Guards one after the other: every pair of policies, and what is said of a column.
#include <algorithm>
#include <cmath>
#include <string>

#include "columns/guards/guards.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::apply;
using gwparam::ColumnMark;
using gwparam::ColumnMarks;
using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Guard;
using gwparam::Rows;
using gwparam::Watch;

constexpr std::int64_t levels = 3;
constexpr double too_much = 7.0;

gwparam::ThreadPool caller(1);

// Catches what is above its limit; like the library's own, but of no file.
Guard above(const char *name, double limit, std::int32_t policy,
            Guard::Sees sees = Guard::Sees::outputs) {
    Guard guard(name, sees, policy);
    guard.check = [limit](const FieldContract &, const Rows &rows, std::int64_t first,
                          std::int64_t end) {
        return gwparam::first_beyond(rows, first, end, limit);
    };
    guard.expected = [limit](const FieldContract &, std::int64_t level) {
        return std::to_string(static_cast<int>(limit)) + " at most, level " +
               std::to_string(level);
    };
    guard.excess = [limit](const FieldContract &, double value, std::int64_t) {
        return std::abs(value) / limit;
    };
    guard.nearest = [limit](const FieldContract &, double value, std::int64_t) {
        return std::min(std::max(value, -limit), limit);
    };
    return guard;
}

std::vector<FieldContract> two_fields() {
    std::vector<FieldContract> fields(2);
    fields[0].name = "drag";
    fields[0].units = "m s-2";
    fields[0].levels = levels;
    fields[1].name = "surface";
    fields[1].units = "Pa";
    return fields;
}

// Four columns of two fields; the one given holds a value at level 1 of the first.
std::vector<Rows> with_value(std::size_t column, double value) {
    std::vector<double> drag(4 * levels, 0.5);
    drag[column * levels + 1] = value;
    std::vector<Rows> rows;
    rows.push_back(rows_of(Dtype::float32, levels, drag));
    rows.push_back(rows_of(Dtype::float64, 1, {0.25, 0.5, 0.75, 1.0}));
    return rows;
}

// What both guards of test_pairs should do of a value: one that catches what is below
// -2, and one of what is beyond 3.
struct Pair {
    std::int32_t policies[2];
    double value;
    int thrown_by = -1;
    ColumnMark mark;

    Pair(std::int32_t first, std::int32_t second, double given)
        : policies{first, second}, value(given) {
        for (int g = 0; g < 2 && thrown_by < 0; ++g) {
            look(g);
        }
    }

  private:
    void look(int g) {
        const bool is_caught = g == 0 ? !(value >= -2.0) : !(std::abs(value) <= 3.0);
        const std::int32_t policy = policies[g];
        if (!is_caught || policy == GWPARAM_GUARD_IGNORE ||
            mark.decision != ColumnMark::passes) {
            return;
        }
        if (policy == GWPARAM_GUARD_ERROR ||
            (policy == GWPARAM_GUARD_CLIP && std::isnan(value))) {
            thrown_by = g;
            return;
        }
        mark.noted = static_cast<std::uint8_t>(mark.noted | (1 << g));
        if (policy == GWPARAM_GUARD_CLIP) {
            value = g == 0 ? -2.0 : std::copysign(3.0, value);
        } else if (policy == GWPARAM_GUARD_ZERO) {
            mark.decision = ColumnMark::zeroed;
        } else if (policy == GWPARAM_GUARD_KEEP) {
            mark.decision = ColumnMark::kept;
        }
    }
};

// Values that trip neither guard, the first, the second, both: they look at one value
// from two sides, below -2 and above 3, or both where it is no number.
void test_pairs() {
    const auto below = [](std::int32_t policy) {
        Guard guard = above("below", 0.0, policy);
        guard.check = [](const FieldContract &, const Rows &rows, std::int64_t first,
                         std::int64_t end) {
            return gwparam::first_unfit(
                rows, first, end,
                [](double value, std::int64_t) { return value >= -2.0; });
        };
        guard.nearest = [](const FieldContract &, double value, std::int64_t) {
            return std::max(value, -2.0);
        };
        return guard;
    };
    struct Case {
        const char *name;
        double value;
    };
    const Case cases[] = {{"neither", 1.0},
                          {"the first", -2.5},
                          {"the second", too_much},
                          {"both", -too_much},
                          {"no number", NAN}};
    for (const Case &its : cases) {
        bool right = true;
        for (std::int32_t first = 0; first <= GWPARAM_GUARD_CLIP; ++first) {
            for (std::int32_t second = 0; second <= GWPARAM_GUARD_CLIP; ++second) {
                const std::vector<Guard> guards{below(first),
                                                above("above", 3.0, second)};
                const Pair expected(first, second, its.value);
                ColumnMarks marks(4);
                std::vector<Rows> rows = with_value(2, its.value);
                const auto look = [&] {
                    apply(guards, Guard::Sees::outputs, two_fields(), rows, Watch{},
                          marks, caller);
                };
                if (expected.thrown_by >= 0) {
                    right &= throws(std::isnan(its.value) ? GWPARAM_ERR_NONFINITE
                                                          : GWPARAM_ERR_RANGE,
                                    expected.thrown_by == 0 ? "expected 0 at most"
                                                            : "expected 3 at most",
                                    look);
                    continue;
                }
                look();
                ColumnMarks all(4);
                all[2] = expected.mark;
                const double value = gwparam::value_at(rows[0], 2, 1);
                right &= marks == all && (value == expected.value ||
                                          (std::isnan(value) && std::isnan(its.value)));
            }
        }
        ok(right, (std::string("every pair of policies, trips ") + its.name).c_str());
    }
}

// Both fields of a column: it is heard of twice, and new once.
void test_counting() {
    std::string heard;
    Watch watch;
    watch.caught = [&heard](const gwparam::CaughtColumn &its) {
        heard += std::to_string(its.guard) + " " + its.field.name + " " +
                 std::to_string(its.column) + (its.is_new ? " new, " : ", ");
    };
    ColumnMarks marks(4);
    std::vector<Rows> rows = with_value(3, too_much);
    apply({above("counts", 0.9, GWPARAM_GUARD_COUNT),
           above("clips", 0.9, GWPARAM_GUARD_CLIP)},
          Guard::Sees::outputs, two_fields(), rows, watch, marks, caller);
    ok(heard == "0 drag 3 new, 0 surface 3, 1 drag 3 new, 1 surface 3, ",
       "who counts and who clips is heard of, a column is new once a guard");
    const float clipped = 0.9F;
    ok(gwparam::value_at(rows[0], 3, 1) == clipped &&
           gwparam::value_at(rows[0], 3, 0) == 0.5 &&
           gwparam::value_at(rows[1], 3, 0) == 0.9 &&
           marks[3].decision == ColumnMark::passes,
       "what does not pass is clipped, the rest stays, and the column goes on");
}

void test_what_cannot_be_clipped() {
    gwparam_options options{};
    options.on_range = GWPARAM_GUARD_IGNORE;
    options.on_momentum = GWPARAM_GUARD_IGNORE;
    options.momentum_limit = 1.0;
    const auto refused = [&](const char *message) {
        return throws(GWPARAM_ERR_ARGUMENT, message,
                      [&] { gwparam::guards_of(options); });
    };
    options.on_unphysical = GWPARAM_GUARD_CLIP;
    ok(refused("on_unphysical is clip, expected another"),
       "nothing is near what no atmosphere has");
    options.on_unphysical = GWPARAM_GUARD_ERROR;
    options.on_momentum = GWPARAM_GUARD_CLIP;
    ok(refused("on_momentum is clip, expected another"), "or near a column's momentum");
}

void test_given_up_before() {
    ColumnMarks marks{ColumnMark{ColumnMark::kept}, ColumnMark{ColumnMark::zeroed},
                      ColumnMark{}, ColumnMark{}};
    const std::vector<Guard> guards{above("strict", 0.0, GWPARAM_GUARD_ERROR)};
    std::vector<Rows> rows = with_value(0, NAN);
    ok(throws(GWPARAM_ERR_RANGE,
              "drag is 0.5 m s-2 in column 3 at level 1 from the top",
              [&] {
                  apply(guards, Guard::Sees::outputs, two_fields(), rows, Watch{},
                        marks, caller);
              }),
       "a column given up before is not looked at, the next one is");
    marks[2] = marks[3] = ColumnMark{ColumnMark::kept};
    const ColumnMarks before = marks;
    apply(guards, Guard::Sees::outputs, two_fields(), rows, Watch{}, marks, caller);
    ok(marks == before, "and stays what it was");
}

void test_what_a_guard_sees() {
    const std::vector<Guard> guards{
        above("in", 0.0, GWPARAM_GUARD_ZERO, Guard::Sees::inputs)};
    ColumnMarks marks(4);
    std::vector<Rows> rows = with_value(0, NAN);
    apply(guards, Guard::Sees::outputs, two_fields(), rows, Watch{}, marks, caller);
    ok(marks == ColumnMarks(4), "a guard of inputs does not look at outputs");
    apply(guards, Guard::Sees::inputs, two_fields(), rows, Watch{}, marks, caller);
    ok(marks == ColumnMarks(4, {ColumnMark::zeroed, 1}), "but at inputs");
}

void test_messages() {
    const std::vector<Guard> guards{above("limit", 3.0, GWPARAM_GUARD_ERROR)};
    std::vector<Rows> rows = with_value(3, too_much);
    gwparam::visit(rows[0], [](auto *values) {
        values[3 * levels + 1] = 0;
        values[3 * levels + 2] = 7;
    });
    ColumnMarks marks(4);
    for (const bool top_down : {true, false}) {
        const std::string level = top_down ? "3" : "1";
        ok(throws(GWPARAM_ERR_RANGE,
                  "drag is 7 m s-2 in column 4 at level " + level +
                      " from the top, counted from 1, expected 3 at most, level 2",
                  [&] {
                      apply(guards, Guard::Sees::outputs, two_fields(), rows,
                            Watch{top_down, gwparam::nowhere, {}}, marks, caller);
                  }),
           top_down ? "levels from the top" : "levels from below");
    }
    rows = with_value(0, 0.5);
    gwparam::visit(rows[1], [](auto *values) { values[1] = INFINITY; });
    ok(throws(GWPARAM_ERR_NONFINITE, "surface is inf Pa in column 2, counted from 1,",
              [&] {
                  apply(guards, Guard::Sees::outputs, two_fields(), rows, Watch{},
                        marks, caller);
              }),
       "a surface field has no level");
}

// Whoever looks at the later columns may find what is bad there first.
void test_threads() {
    constexpr std::size_t columns = 20000;
    const auto look = [&](int threads, std::int32_t weak_policy, ColumnMarks &marks) {
        const std::vector<Guard> guards{above("weak", 5.0, weak_policy),
                                        above("strict", 3.0, GWPARAM_GUARD_ERROR)};
        std::vector<double> drag(columns * levels, 0.5);
        std::vector<double> surface(columns, 0.5);
        for (std::size_t column = 0; column < columns; column += 3) {
            drag[column * levels + 1] = 7.0; // for the weak one
        }
        surface[7] = 4.0; // its field comes after the drag, the column before
        drag[levels * 15001 + 2] = 4.0;
        drag[levels * 18001] = 4.5;
        std::vector<Rows> rows;
        rows.push_back(rows_of(Dtype::float32, levels, drag));
        rows.push_back(rows_of(Dtype::float64, 1, surface));
        gwparam::ThreadPool pool(threads);
        apply(guards, Guard::Sees::outputs, two_fields(), rows, Watch{}, marks, pool);
    };
    for (const int threads : {1, 2, 3}) {
        bool right = true;
        for (int again = 0; again < 20; ++again) {
            ColumnMarks marks(columns);
            right &= throws(GWPARAM_ERR_RANGE,
                            "drag is 4 m s-2 in column 15002 at level 3 from the top",
                            [&] { look(threads, GWPARAM_GUARD_KEEP, marks); });
            marks.assign(columns, {});
            right &= throws(GWPARAM_ERR_RANGE, "drag is 7 m s-2 in column 1 at level 2",
                            [&] { look(threads, GWPARAM_GUARD_ERROR, marks); });
            marks.assign(columns, {});
            for (const std::size_t bad : {7, 15001, 18001}) {
                marks[bad] = {ColumnMark::zeroed};
            }
            look(threads, GWPARAM_GUARD_KEEP, marks);
            for (std::size_t column = 0; column < columns; ++column) {
                right &= marks[column].decision ==
                         (column % 3 == 0 ? ColumnMark::kept
                          : column == 7 || column == 15001 || column == 18001
                              ? ColumnMark::zeroed
                              : ColumnMark::passes);
            }
        }
        ok(right, ("the same column and the same marks, on " + std::to_string(threads))
                      .c_str());
    }
}

void test_clear() {
    std::vector<Rows> rows = with_value(1, NAN);
    const ColumnMarks marks{ColumnMark{}, ColumnMark{ColumnMark::kept},
                            ColumnMark{ColumnMark::zeroed}, ColumnMark{}};
    ok(gwparam::clear_marked(marks, rows) == 2 &&
           values_of(rows[0]) ==
               std::vector<double>{0.5, 0.5, 0.5, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5} &&
           values_of(rows[1]) == std::vector<double>{0.25, 0, 0, 1.0},
       "columns given up are cleared and counted");
}

void test_list() {
    gwparam_options options{};
    options.on_range = GWPARAM_GUARD_KEEP;
    options.range_sigmas = 3.0;
    options.on_limit = GWPARAM_GUARD_ZERO;
    options.on_momentum = GWPARAM_GUARD_COUNT;
    options.momentum_limit = 1.0;
    std::string order;
    for (const Guard &guard : gwparam::guards_of(options)) {
        order += std::string(guard.name) + " " + std::to_string(guard.policy) + ", ";
    }
    ok(order == "on_unphysical 0, on_range 2, finite 1, on_limit 1, on_momentum 4, ",
       "the list, in its order");
}

} // namespace

int main() {
    test_pairs();
    test_counting();
    test_what_cannot_be_clipped();
    test_given_up_before();
    test_what_a_guard_sees();
    test_messages();
    test_threads();
    test_clear();
    test_list();
    return done_testing();
}

// How the drag of a window is put together: layouts, results wanted, refusals.
#include <cfenv>
#include <limits>

#include "engine/targets.hpp"
#include "native/drag_window.hpp"
#include "tap.h"

namespace {

using gwparam::drag_results;
using gwparam::DragKernel;

const DragKernel &kernel() { return *gwparam::usable_targets().front().drag; }

std::int64_t run(DragWindow &window, bool diagnostics = true) {
    return gwparam::run_drag(kernel(), window.its_setup(), window.columns(),
                             window.wanted(diagnostics));
}

void test_layouts() {
    DragWindow a(13, 4);
    DragWindow b(13, 4, true);
    DragWindow c(1, 52);
    run(a);
    run(b);
    run(c);
    bool equal = true;
    for (std::size_t field = 0; field < drag_results; ++field) {
        for (std::int64_t i = 0; i < 52; ++i) {
            for (std::int64_t k = 0; k < DragWindow::levels; ++k) {
                const double expected = a.at(a.results[field], i, k);
                equal = equal && b.at(b.results[field], i, k) == expected &&
                        c.at(c.results[field], i, k) == expected;
            }
        }
    }
    ok(equal, "any layout of the arrays, any shape of the window");
}

void test_results_wanted() {
    DragWindow all(9, 1);
    DragWindow some(9, 1);
    run(all);
    run(some, false);
    ok(some.results[0] == all.results[0] && some.results[1] == all.results[1],
       "diagnostics do not change the drag");
    bool is_zero_below = true;
    for (std::int64_t i = 0; i < 9; ++i) {
        const std::int32_t source = all.source_level[all.row[std::size_t(i)] - 1];
        for (std::size_t field = 0; field < drag_results; ++field) {
            for (std::int64_t k = source; k < DragWindow::levels; ++k) {
                is_zero_below =
                    is_zero_below && all.at(all.results[field], i, k) == 0.0;
            }
        }
    }
    ok(is_zero_below, "all is 0 below the source level");
    DragWindow none(3, 1);
    gwparam_drag_results wanted = none.wanted(false);
    wanted.tendency[0].data = nullptr;
    ok(gwparam::run_drag(kernel(), none.its_setup(), none.columns(), wanted) < 0 &&
           none.results[0][0] == 77.0 && none.results[1][0] != 77.0,
       "a result without an array is not delivered");
}

// The column that is spoiled is in the group that is named, and no result changes.
template <typename Spoil> void refuses(const char *name, Spoil &&spoil) {
    const std::int64_t column = 29;
    DragWindow window(31, 1);
    window.row[std::size_t(column)] = 2; // source level 10
    spoil(window, column);
    const std::int64_t first = run(window);
    bool untouched = true;
    for (const std::vector<double> &field : window.results) {
        for (const double x : field) {
            untouched = untouched && x == 77.0;
        }
    }
    ok(untouched && first == column / kernel().lanes * kernel().lanes, name);
}

void test_refusals() {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    refuses("row 0", [](DragWindow &w, std::int64_t i) { w.row[std::size_t(i)] = 0; });
    refuses("row 4", [](DragWindow &w, std::int64_t i) { w.row[std::size_t(i)] = 4; });
    refuses("latitude 91 degrees",
            [](DragWindow &w, std::int64_t i) { w.latitude[std::size_t(i)] = 1.589; });
    refuses("latitude NaN",
            [](DragWindow &w, std::int64_t i) { w.latitude[std::size_t(i)] = nan; });
    refuses("pressure 0 at the top",
            [](DragWindow &w, std::int64_t i) { w.at(w.pressure, i, 0) = 0.0; });
    refuses("pressure falls below the source level",
            [](DragWindow &w, std::int64_t i) { w.at(w.pressure, i, 10) = 1.0; });
    refuses("pressure infinite",
            [](DragWindow &w, std::int64_t i) { w.at(w.pressure, i, 10) = infinity; });
    refuses("height rises", [](DragWindow &w, std::int64_t i) {
        w.at(w.height, i, 5) = w.at(w.height, i, 4);
    });
    refuses("height NaN",
            [](DragWindow &w, std::int64_t i) { w.at(w.height, i, 0) = nan; });
    refuses("temperature 0",
            [](DragWindow &w, std::int64_t i) { w.at(w.temperature, i, 10) = 0.0; });
    refuses("temperature infinite", [](DragWindow &w, std::int64_t i) {
        w.at(w.temperature, i, 3) = infinity;
    });
    refuses("u NaN", [](DragWindow &w, std::int64_t i) { w.at(w.u, i, 9) = nan; });
    refuses("v infinite",
            [](DragWindow &w, std::int64_t i) { w.at(w.v, i, 0) = -infinity; });
    refuses("no wave", [](DragWindow &w, std::int64_t i) {
        w.latitude[std::size_t(i)] = 0.0;
        w.at(w.u, i, 9) = 1e5;
    });
}

void test_unread_levels() {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    DragWindow clean(5, 1);
    DragWindow spoiled(5, 1);
    for (DragWindow *window : {&clean, &spoiled}) {
        window->row.assign(5, 3);
        window->row[2] = 1; // source level 9
    }
    for (std::int64_t k = 10; k < DragWindow::levels; ++k) {
        spoiled.at(spoiled.pressure, 2, k) = nan;
        spoiled.at(spoiled.height, 2, k) = nan;
        spoiled.at(spoiled.temperature, 2, k) = nan;
    }
    for (std::int64_t k = 9; k < DragWindow::levels; ++k) {
        spoiled.at(spoiled.u, 2, k) = nan;
        spoiled.at(spoiled.v, 2, k) = nan;
    }
    run(clean);
    bool equal = run(spoiled) < 0;
    for (std::size_t i = 0; i < drag_results; ++i) {
        equal = equal && spoiled.results[i] == clean.results[i];
    }
    ok(equal, "what lies below the source level may be anything");
}

void test_environment_of_host() {
    DragWindow near(6, 1);
    DragWindow up(6, 1);
    run(near);
    std::fesetround(FE_UPWARD);
    run(up);
    const bool is_kept = std::fegetround() == FE_UPWARD;
    std::fesetround(FE_TONEAREST);
    ok(is_kept && near.results[0] == up.results[0],
       "the rounding mode of the host changes nothing and is kept");
}

} // namespace

int main() {
    test_layouts();
    test_results_wanted();
    test_refusals();
    test_unread_levels();
    test_environment_of_host();
    return done_testing();
}

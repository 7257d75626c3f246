// The drag of each target: the same bits as from every other, and from a column alone.
#include <algorithm>
#include <cstring>
#include <string>

#include "engine/targets.hpp"
#include "native/drag_window.hpp"
#include "tap.h"

namespace {

using gwparam::drag_results;
using gwparam::DragKernel;
using gwparam::Target;

bool same(const std::vector<double> &a, const std::vector<double> &b) {
    return a.size() == b.size() &&
           std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

// Settings of every kind; `choice` has a bit for each switch.
void choose(gwparam_drag_setup &setup, unsigned choice) {
    setup.flag = choice & 1;
    setup.bn = choice & 2 ? 0.3 : 0.0;
    setup.wavelengths = choice & 4 ? 2 : 1;
    setup.launch_full_stress = choice & 8 ? 1 : 0;
    setup.deposit_reflected = choice & 16 ? 1 : 0;
    setup.mass_weighted_levels = choice & 32 ? 1 : 0;
    setup.mass_weighted_lid = choice & 64 ? 1 : 0;
}

void run(const DragKernel &kernel, DragWindow &window, bool with_half) {
    const std::int64_t refused = gwparam::run_drag(
        kernel, window.its_setup(), window.columns(with_half), window.wanted());
    if (refused >= 0) {
        ok(false, "no column is refused");
    }
}

// Columns `first` and `second` of the window, by themselves.
bool is_same_alone(const DragKernel &kernel, DragWindow &whole, std::int64_t i) {
    DragWindow alone(1, 1);
    alone.setup = whole.setup;
    alone.row[0] = whole.row[std::size_t(i)];
    alone.latitude[0] = whole.latitude[std::size_t(i)];
    std::vector<double> *const to[] = {&alone.pressure, &alone.height,
                                       &alone.temperature, &alone.u, &alone.v};
    std::vector<double> *const from[] = {&whole.pressure, &whole.height,
                                         &whole.temperature, &whole.u, &whole.v};
    for (std::size_t field = 0; field < 5; ++field) {
        for (std::int64_t k = 0; k < DragWindow::levels; ++k) {
            alone.at(*to[field], 0, k) = whole.at(*from[field], i, k);
        }
    }
    run(kernel, alone, false);
    bool equal = true;
    for (std::size_t field = 0; field < drag_results; ++field) {
        for (std::int64_t k = 0; k < DragWindow::levels; ++k) {
            equal = equal && std::memcmp(&alone.at(alone.results[field], 0, k),
                                         &whole.at(whole.results[field], i, k),
                                         sizeof(double)) == 0;
        }
    }
    return equal;
}

void test_bits_of_targets(const std::vector<Target> &targets) {
    for (unsigned choice = 0; choice < 128; ++choice) {
        DragWindow expected(37, 3, false, choice);
        choose(expected.setup, choice);
        run(*targets.back().drag, expected, choice % 3 == 0);
        const auto &drag = expected.results[0];
        bool equal = std::any_of(drag.begin(), drag.end(),
                                 [](double x) { return std::abs(x) > 1e-7; });
        for (const Target &target : targets) {
            DragWindow window(37, 3, false, choice);
            choose(window.setup, choice);
            run(*target.drag, window, choice % 3 == 0);
            for (std::size_t i = 0; i < drag_results; ++i) {
                equal = equal && same(window.results[i], expected.results[i]);
            }
        }
        if (!equal) {
            ok(false, ("settings " + std::to_string(choice)).c_str());
        }
    }
    ok(true, "the same bits from every target, whatever the settings");
}

void test_column_alone(const std::vector<Target> &targets) {
    for (const Target &target : targets) {
        bool equal = true;
        for (unsigned choice = 0; choice < 32; ++choice) {
            DragWindow whole(11, 2, false, choice);
            choose(whole.setup, choice);
            run(*target.drag, whole, false);
            for (std::int64_t i = 0; i < 22; ++i) {
                equal = equal && is_same_alone(*target.drag, whole, i);
            }
        }
        ok(equal, (std::string(target.name) + ": a column alone").c_str());
    }
}

} // namespace

int main() {
    const std::vector<Target> targets = gwparam::usable_targets();
    test_bits_of_targets(targets);
    test_column_alone(targets);
    return done_testing();
}

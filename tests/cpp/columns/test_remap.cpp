// Vertical remapping: closed forms, the ends of the levels, and the column's budget.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "columns/remap.hpp"
#include "tap.h"

namespace {

using gwparam::LevelMap;
using gwparam::Outside;
using Numbers = std::vector<double>;

constexpr double rounding = 1e-14;
constexpr double budget = 1e-12; // of the sum of all layers' magnitudes
constexpr double gravity = 9.80665;

std::mt19937 generator(1804);

double random_between(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(generator);
}

std::int64_t size(const Numbers &numbers) {
    return static_cast<std::int64_t>(numbers.size());
}

Numbers state(const Numbers &from, const Numbers &to, const Numbers &values) {
    LevelMap map(size(from), size(to));
    map.set_state(from.data(), to.data());
    Numbers target(to.size(), NAN);
    map.apply(values.data(), target.data());
    return target;
}

Numbers tendency(const Numbers &from, const Numbers &to, const Numbers &values) {
    LevelMap map(size(from), size(to));
    map.set_tendency(from.data(), to.data());
    Numbers target(to.size(), NAN);
    map.apply(values.data(), target.data());
    return target;
}

Numbers flux(const Numbers &from, const Numbers &to, const Numbers &values,
             Outside outside) {
    LevelMap map(size(from), size(to));
    map.set_flux(from.data(), to.data(), outside);
    Numbers target(to.size(), NAN);
    map.apply(values.data(), target.data());
    return target;
}

Numbers divergence(const Numbers &flux, const Numbers &half, double factor) {
    Numbers target(half.size() - 1, NAN);
    gwparam::flux_divergence(flux.data(), half.data(), size(target), factor,
                             target.data());
    return target;
}

Numbers random_levels(int count, double top, double bottom) {
    Numbers levels(count);
    std::generate(levels.begin(), levels.end(), [&] {
        return std::exp(random_between(std::log(top), std::log(bottom)));
    });
    std::sort(levels.begin(), levels.end());
    return levels;
}

Numbers random_values(std::size_t count) {
    Numbers values(count);
    std::generate(values.begin(), values.end(),
                  [] { return random_between(-1.0, 1.0); });
    return values;
}

Numbers even_levels(int count, double top, double bottom) {
    Numbers levels;
    for (int k = 0; k < count; ++k) {
        levels.push_back(top + (bottom - top) * k / (count - 1));
    }
    return levels;
}

Numbers middles(const Numbers &half) {
    Numbers full;
    for (std::size_t k = 1; k < half.size(); ++k) {
        full.push_back(0.5 * (half[k - 1] + half[k]));
    }
    return full;
}

template <typename Function> Numbers of(const Numbers &levels, Function &&f) {
    Numbers values;
    for (const double p : levels) {
        values.push_back(f(p));
    }
    return values;
}

double largest_difference(const Numbers &a, const Numbers &b) {
    double largest = a.size() == b.size() ? 0.0 : INFINITY;
    for (std::size_t k = 0; k < a.size() && k < b.size(); ++k) {
        const double difference = std::abs(a[k] - b[k]);
        largest = difference <= largest ? largest : difference; // keeps NaN
    }
    return largest;
}

void test_state() {
    const Numbers from = random_levels(40, 20.0, 1e5);
    const Numbers to = random_levels(23, 1.0, 1.1e5);
    const auto logarithm = [](double p) { return std::log(p); };
    Numbers expected = of(to, logarithm);
    for (double &value : expected) {
        value = std::clamp(value, std::log(from.front()), std::log(from.back()));
    }
    ok(largest_difference(state(from, to, of(from, logarithm)), expected) <
           20.0 * rounding,
       "state is linear in log p between levels, constant beyond");
    ok(largest_difference(state({100.0, 10000.0}, {1000.0}, {2.0, 4.0}), {3.0}) <
           4.0 * rounding,
       "the geometric mean of two pressures has the mean of the values");
    const Numbers values = random_values(from.size());
    ok(state(from, from, values) == values,
       "state on its own levels stays, to the bit");
    ok(tendency(from, from, values) == values, "so does a tendency");
    ok(flux(from, from, values, Outside::zero) == values, "so does a flux");
    ok(state({500.0}, {100.0, 500.0, 900.0}, {7.0}) == Numbers{7.0, 7.0, 7.0},
       "one level is everywhere");

    bool monotone = true;
    for (int n = 0; n < 200; ++n) {
        const Numbers source = random_levels(2 + n % 50, 1.0, 1e5);
        Numbers rising = random_values(source.size());
        std::sort(rising.begin(), rising.end());
        const Numbers target = random_levels(60, 0.1, 2e5);
        const Numbers result = state(source, target, rising);
        // Within a layer the two products round apart.
        for (std::size_t k = 1; k < result.size(); ++k) {
            monotone &= result[k] >= result[k - 1] - rounding;
        }
        monotone &= result.front() >= rising.front() && result.back() <= rising.back();
    }
    ok(monotone, "what rises still rises, between the same ends");
}

void test_tendency() {
    const Numbers host{10.0,   99.0, 100.0 * (1 - 1e-8), 1000.0, 10000.0 * (1 + 1e-8),
                       10100.0};
    const Numbers result = tendency({100.0, 10000.0}, host, {2.0, 4.0});
    ok(largest_difference(result, {0.0, 0.0, 2.0, 3.0, 4.0, 0.0}) < 4.0 * rounding,
       "a tendency is zero beyond the levels, but not for rounded pressures");
    // The same map is set anew for each column.
    LevelMap map(2, 1);
    const Numbers first{100.0, 10000.0};
    const Numbers second{100.0, 1000.0};
    const Numbers at{1000.0};
    const Numbers values{2.0, 4.0};
    double there = 0.0;
    map.set_state(first.data(), at.data());
    map.set_state(second.data(), at.data());
    map.apply(values.data(), &there);
    ok(there == 4.0, "a map set twice has the second levels");
    const std::vector<float> single{2.0F, 4.0F};
    float there_single = 0.0F;
    map.set_state(first.data(), at.data());
    map.apply(single.data(), &there_single);
    ok(std::abs(there_single - 3.0F) < 1e-6F, "single precision passes too");
}

void test_flux() {
    const Numbers network{100.0, 300.0};
    const Numbers host{0.0, 50.0, 100.0, 250.0, 300.0, 900.0};
    const Numbers values{4.0, 8.0};
    ok(flux(network, host, values, Outside::zero) ==
           Numbers{4.0, 4.0, 4.0, 7.0, 8.0, 8.0},
       "a flux is linear in p between levels, constant beyond");
    ok(flux(network, host, values, Outside::taper) ==
           Numbers{0.0, 2.0, 4.0, 7.0, 8.0, 8.0},
       "a taper falls linearly to zero at a top of 0 Pa");
    ok(flux(network, {20.0, 60.0, 200.0}, values, Outside::taper) ==
           Numbers{0.0, 2.0, 6.0},
       "and at a higher pressure");
    ok(flux(network, {150.0, 200.0}, values, Outside::taper) == Numbers{5.0, 6.0},
       "a host within the network's levels has nothing to taper");
    ok(flux(network, {100.0, 200.0}, values, Outside::taper) == Numbers{4.0, 6.0},
       "nor one that begins with them");
    ok(flux(network, {1.0, 2.0, 50.0}, values, Outside::zero) ==
               Numbers{4.0, 4.0, 4.0} &&
           flux(network, {400.0, 500.0}, values, Outside::taper) == Numbers{8.0, 8.0},
       "hosts wholly beyond the network's levels have its ends");
    const Numbers drag =
        divergence(flux(network, host, values, Outside::taper), host, -1.0);
    ok(largest_difference(drag, {-0.04, -0.04, -0.02, -0.02, 0.0}) < rounding,
       "tapered drag is even above the levels, and none below");
}

// The largest error of the drag of the flux F, relative to the largest drag.
template <typename Flux, typename Drag>
double drag_error(int network_levels, int host_levels, Flux &&f, Drag &&expected) {
    const Numbers network = even_levels(network_levels, 100.0, 100000.0);
    const Numbers half = even_levels(host_levels + 1, 100.0, 100000.0);
    const Numbers drag =
        divergence(flux(network, half, of(network, f), Outside::zero), half, gravity);
    double largest = 0.0;
    const Numbers exact = of(middles(half), expected);
    for (const double value : exact) {
        largest = std::max(largest, std::abs(value));
    }
    return largest_difference(drag, exact) / largest;
}

void test_known_drag() {
    const double width = 15000.0;
    const auto bell = [=](double p) {
        const double x = (p - 40000.0) / width;
        return std::exp(-0.5 * x * x);
    };
    const auto bell_drag = [=](double p) {
        return -gravity * bell(p) * (p - 40000.0) / (width * width);
    };
    const auto wave = [=](double p) { return std::exp(-p / width); };
    const auto wave_drag = [=](double p) { return -gravity * wave(p) / width; };
    // Layers of the host that lie each in one of the network's: second order there.
    const double coarse = drag_error(50, 49, bell, bell_drag);
    const double fine = drag_error(200, 199, bell, bell_drag);
    ok(fine < 1e-3 && coarse / fine > 14.0 && coarse / fine < 18.5,
       "the drag of a bell converges with the square of the spacing");
    const double coarse_wave = drag_error(50, 49, wave, wave_drag);
    const double fine_wave = drag_error(200, 199, wave, wave_drag);
    ok(fine_wave < 1e-3 && coarse_wave / fine_wave > 14.0 &&
           coarse_wave / fine_wave < 18.5,
       "so does that of an exponential");
    // Other levels: a difference of interpolated values is of first order.
    const double between = drag_error(50, 40, bell, bell_drag);
    const double between_fine = drag_error(800, 640, bell, bell_drag);
    ok(between_fine < 5e-3 && between / between_fine > 8.0,
       "between other levels it converges too");
    const auto line = [](double p) { return 3.0 - 2e-5 * p; };
    ok(drag_error(12, 40, line, [](double) { return -gravity * 2e-5; }) < 1e-11,
       "a flux linear in p has an even drag, whatever the levels");
    printf("# drag: %g %g; %g %g; %g %g\n", coarse, fine, coarse_wave, fine_wave,
           between, between_fine);
}

void test_budget() {
    double worst = 0.0;
    bool finite = true;
    for (int n = 0; n < 2000; ++n) {
        const double bottom = random_between(4e4, 1.1e5);
        Numbers half = random_levels(2 + n % 137, 1.0, bottom);
        if (n % 2 == 0) {
            half.front() = 0.0;
        }
        const Numbers network =
            random_levels(1 + n % 60, random_between(0.1, 1e4), 1.2e5);
        const Numbers values = random_values(network.size());
        const Outside outside = n % 3 == 0 ? Outside::taper : Outside::zero;
        const double factor = n % 5 == 0 ? -1.0 : gravity;
        const Numbers on_half = flux(network, half, values, outside);
        const Numbers drag = divergence(on_half, half, factor);
        double sum = 0.0;
        double magnitude = std::abs(factor) * std::abs(on_half.front());
        for (std::size_t k = 0; k < drag.size(); ++k) {
            const double layer = drag[k] * (half[k + 1] - half[k]);
            finite &= std::isfinite(drag[k]);
            sum += layer;
            magnitude += std::abs(layer);
        }
        const double expected = factor * (on_half.back() - on_half.front());
        worst = std::max(worst, std::abs(sum - expected) / magnitude);
    }
    printf("# budget %g\n", worst);
    ok(worst < budget, "layers of any column add up to the fluxes through its ends");
    ok(finite, "a top of 0 Pa gives no NaN");
}

bool refused(const Numbers &pressure, gwparam::Levels kind, const std::string &text) {
    try {
        gwparam::check_pressures(pressure.data(), size(pressure), kind, "air_pressure",
                                 4);
    } catch (const gwparam::Error &e) {
        return e.status() == GWPARAM_ERR_ARGUMENT && e.what() == text;
    }
    return text.empty();
}

void test_pressures() {
    using gwparam::Levels;
    const std::string at = " of column 5, counted from 1 and from the top, expected ";
    ok(refused({1.0, 2.0, 3.0}, Levels::full, ""), "increasing pressures pass");
    ok(refused({0.0, 2.0, 3.0}, Levels::half, ""), "half levels may begin at 0");
    ok(refused({0.0, 2.0}, Levels::full,
               "air_pressure is 0 Pa at level 1" + at + "more than 0 Pa"),
       "full levels may not");
    ok(refused({-1.0, 2.0}, Levels::half,
               "air_pressure is -1 Pa at level 1" + at + "at least 0 Pa"),
       "half levels are not negative");
    ok(refused({0.0, 0.0}, Levels::half,
               "air_pressure is 0 Pa at level 2" + at + "more than 0 Pa"),
       "nor of no thickness");
    ok(refused({1.0, 3.0, 2.0}, Levels::full,
               "air_pressure is 2 Pa at level 3" + at + "more than 3 Pa"),
       "pressures that decrease are refused");
    ok(refused({1.0, NAN}, Levels::full,
               "air_pressure is nan Pa at level 2" + at + "more than 1 Pa"),
       "so is NaN");
    Numbers hybrid(3);
    gwparam::hybrid_pressures({10.0, 20.0, 0.0}, {0.0, 0.5, 1.0}, 1000.0,
                              hybrid.data());
    ok(hybrid == Numbers{10.0, 520.0, 1000.0}, "hybrid pressures are a + b ps");
}

} // namespace

int main() {
    test_state();
    test_tendency();
    test_flux();
    test_known_drag();
    test_budget();
    test_pressures();
    return done_testing();
}

// What a host says of its levels: order, number, pressures.
#include <cmath>
#include <limits>
#include <vector>

#include "columns/host_levels.hpp"
#include "gwparam.h"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using Numbers = std::vector<double>;

gwparam::Vertical network(bool top_down) {
    gwparam::Vertical vertical;
    vertical.top_down = top_down;
    vertical.nlev = 3;
    vertical.nominal_pressure =
        top_down ? Numbers{1e3, 3e4, 9e4} : Numbers{9e4, 3e4, 1e3};
    vertical.nominal_tolerance = 0.125;
    return vertical;
}

bool takes(const gwparam::Vertical &vertical, std::int32_t order,
           const Numbers &pressure) {
    try {
        check_host_levels(vertical, order, static_cast<std::int64_t>(pressure.size()),
                          pressure.data());
    } catch (const gwparam::Error &e) {
        printf("# %s\n", e.what());
        return false;
    }
    return true;
}

bool refuses(const gwparam::Vertical &vertical, std::int32_t order,
             const Numbers &pressure, gwparam_status status, const char *text) {
    return throws(status, text, [&] {
        check_host_levels(vertical, order, static_cast<std::int64_t>(pressure.size()),
                          pressure.data());
    });
}

void test_order() {
    const Numbers down{1e3, 3e4, 9e4};
    const Numbers up{9e4, 3e4, 1e3};
    for (const bool top_down : {true, false}) {
        ok(takes(network(top_down), GWPARAM_TOP_DOWN, down) &&
               takes(network(top_down), GWPARAM_BOTTOM_UP, up),
           "either order of the host, whatever that of the network");
    }
    ok(refuses(network(true), GWPARAM_TOP_DOWN, up, GWPARAM_ERR_ARGUMENT,
               "the pressure of level 2 (counted from 1) is 30000 Pa after 90000 Pa, "
               "expected positive values that increase (top down)"),
       "not top down");
    ok(refuses(network(true), GWPARAM_BOTTOM_UP, down, GWPARAM_ERR_ARGUMENT,
               "expected positive values that decrease (bottom up)"),
       "not bottom up");
    ok(refuses(network(true), GWPARAM_TOP_DOWN, {1e3, 3e4, 3e4}, GWPARAM_ERR_ARGUMENT,
               "level 3 (counted from 1) is 30000 Pa after 30000 Pa"),
       "a level twice");
    for (const std::int32_t order : {0, 3}) {
        ok(refuses(network(true), order, down, GWPARAM_ERR_ARGUMENT,
                   "expected 1 (top down) or 2 (bottom up)"),
           "no such order");
    }
}

void test_values() {
    for (const double bad : {-1.0, 0.0, static_cast<double>(NAN),
                             std::numeric_limits<double>::infinity()}) {
        ok(refuses(network(true), GWPARAM_TOP_DOWN, {bad, 3e4, 9e4},
                   GWPARAM_ERR_ARGUMENT, "the pressure of level 1 (counted from 1) is"),
           "no pressure");
    }
    ok(throws(GWPARAM_ERR_ARGUMENT, "pressure is null",
              [] { check_host_levels(network(true), GWPARAM_TOP_DOWN, 3, nullptr); }),
       "no pressures");
}

void test_nominal() {
    // Of a top-down network: 9e4 is the lowest, at the host's first level.
    ok(takes(network(true), GWPARAM_BOTTOM_UP, {1.01e5, 2.7e4, 1.1e3}),
       "pressures within the tolerance");
    ok(refuses(network(true), GWPARAM_BOTTOM_UP, {9e4, 3e4, 1.2e3},
               GWPARAM_ERR_CONTRACT,
               "level 3 (counted from 1) is 1200 Pa, expected 1000 Pa within 12.5 %"),
       "beyond it, counted as the host does");
    gwparam::Vertical unnamed = network(true);
    unnamed.nominal_pressure.clear();
    ok(takes(unnamed, GWPARAM_TOP_DOWN, {1.0, 2.0, 3.0}),
       "an artefact that names none");
}

void test_number() {
    ok(refuses(network(true), GWPARAM_TOP_DOWN, {1e3, 9e4}, GWPARAM_ERR_SHAPE,
               "the host has 2 levels, expected 3"),
       "another number of levels");
    gwparam::Vertical own;
    own.kind = gwparam::VerticalKind::pressure;
    own.nlev = 3;
    ok(takes(own, GWPARAM_TOP_DOWN, {1e3, 3e4, 5e4, 7e4, 9e4}) &&
           takes(own, GWPARAM_BOTTOM_UP, {9e4}),
       "which a network of its own levels does not ask for");
    const double nowhere = 0.0;
    ok(throws(GWPARAM_ERR_SHAPE, "the host has 0 levels, expected at least 1",
              [&] { check_host_levels(own, GWPARAM_TOP_DOWN, 0, &nowhere); }),
       "but for one at least");
}

} // namespace

int main() {
    test_order();
    test_values();
    test_nominal();
    test_number();
    return done_testing();
}

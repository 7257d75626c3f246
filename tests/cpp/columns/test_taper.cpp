// Weights of levels: the ends, the middle in the logarithm, and who is left alone.
#include <cmath>

#include "columns/taper.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::OutputKind;
using gwparam::Rows;
using gwparam::Taper;

gwparam::ThreadPool caller(1);
const std::vector<double> pressure{50, 100, 1000, 10000, 90000, 100000};

gwparam_options options_of(double top, double below, double above, double surface) {
    gwparam_options options{};
    options.taper_top[0] = top;
    options.taper_top[1] = below;
    options.taper_surface[0] = above;
    options.taper_surface[1] = surface;
    return options;
}

std::vector<double> weighted(const gwparam_options &options, OutputKind kind,
                             std::vector<double> levels = pressure) {
    std::vector<FieldContract> fields(1);
    fields[0].levels = 6;
    fields[0].kind = kind;
    std::vector<Rows> rows;
    rows.push_back(
        rows_of(Dtype::float64, 6, {2, 2, 2, 2, 2, 2, -4, -4, -4, -4, -4, -4}));
    Taper(options, levels).apply(fields, rows, caller);
    return values_of(rows[0]);
}

void test_weights() {
    const auto both =
        weighted(options_of(100, 10000, 90000, 1e5), OutputKind::tendency);
    ok(both[0] == 0 && both[1] == 0 && std::abs(both[2] - 1) < 1e-12 && both[3] == 2 &&
           both[4] == 2 && both[5] == 0 && std::abs(both[8] + 2) < 1e-12,
       "none at the ends, all between, half in the middle of the logarithm");
    std::vector<double> from_below(pressure.rbegin(), pressure.rend());
    const auto turned =
        weighted(options_of(100, 10000, 0, 0), OutputKind::tendency, from_below);
    ok(turned[5] == 0 && turned[4] == 0 && turned[2] == 2 && turned[0] == 2,
       "levels from below");
    const std::vector<double> as_given{2, 2, 2, 2, 2, 2, -4, -4, -4, -4, -4, -4};
    ok(weighted(options_of(0, 0, 0, 0), OutputKind::tendency) == as_given,
       "no taper unless it is set");
    ok(weighted(options_of(100, 10000, 0, 0), OutputKind::flux) == as_given,
       "what is no tendency stays");
}

void test_refusals() {
    for (const auto &options :
         {options_of(100, 100, 0, 0), options_of(100, 0, 0, 0), options_of(-1, 5, 0, 0),
          options_of(1, INFINITY, 0, 0), options_of(NAN, 5, 0, 0)}) {
        ok(throws(GWPARAM_ERR_ARGUMENT, "taper_top is ",
                  [&] { Taper::check(options); }),
           "pressures that do not increase");
    }
    ok(throws(GWPARAM_ERR_ARGUMENT,
              "taper_surface is 90000 and 80000 Pa, expected two pressures that",
              [] { Taper::check(options_of(0, 0, 90000, 80000)); }),
       "taper_surface");
}

} // namespace

int main() {
    test_weights();
    test_refusals();
    return done_testing();
}

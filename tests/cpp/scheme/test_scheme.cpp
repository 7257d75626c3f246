// What a scheme holds together: its fields, and what a failure of one call drops.
#include <algorithm>
#include <string>
#include <vector>

#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "rows_and_errors.hpp"
#include "said_by_ranks.hpp"
#include "scheme/scheme.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::Scheme;
using Numbers = std::vector<double>;

constexpr std::int64_t columns = 4;
const double pressure[host::nlev] = {1e3, 3e4, 9e4};

gwparam_options lagging(int lag) {
    gwparam_options options = host::defaults();
    options.lag = lag;
    return options;
}

std::string names(const Scheme &scheme, std::int32_t kind) {
    std::string text;
    for (std::int64_t number = 1;; ++number) {
        const gwparam::FieldContract field = scheme.field(kind, number);
        if (field.name.empty()) {
            return text;
        }
        text += field.name.substr(0, 16) + " " + std::to_string(field.levels) + ", ";
    }
}

void put(Scheme &scheme, const char *name, double value, int levels) {
    Numbers values(columns * static_cast<std::size_t>(std::max(levels, 1)), value);
    const gwparam_array array = host::array_of(values.data(), columns, levels);
    scheme.put(name, nullptr, &array);
}

void put_all(Scheme &scheme, double wind) {
    put(scheme, host::u, wind, host::nlev);
    put(scheme, host::v, wind, host::nlev);
    put(scheme, host::ps, 64000.0, 0);
}

double got(const Scheme &scheme) {
    Numbers values(columns * host::nlev, -9.0);
    const gwparam_array array =
        host::array_of(values.data(), columns, static_cast<int>(host::nlev));
    scheme.get(1, host::dudt, nullptr, &array);
    return values[0];
}

void test_fields() {
    Scheme scheme("column", lagging(1));
    ok(throws(GWPARAM_ERR_ARGUMENT, "the host's levels are not set",
              [&] { static_cast<void>(scheme.field(GWPARAM_INPUT, 1)); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "the host's levels are not set",
                  [&] { put(scheme, host::u, 1.0, host::nlev); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "the host's levels are not set",
                  [&] { scheme.add_columns(); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "the host's levels are not set",
                  [&] { scheme.restore(host::dudt, nullptr); }),
       "nothing before the levels");
    scheme.set_levels(GWPARAM_TOP_DOWN, host::nlev, pressure);
    ok(names(scheme, GWPARAM_INPUT) ==
               "eastward_wind 3, northward_wind 3, surface_air_pres 0, " &&
           names(scheme, GWPARAM_OUTPUT) ==
               "tendency_of_east 3, tendency_of_nort 3, " &&
           names(scheme, GWPARAM_PENDING) ==
               "tendency_of_east 3, tendency_of_nort 3, guard_mark 0, ",
       "inputs, outputs, and what is pending");
    Scheme prompt("column", lagging(0));
    prompt.set_levels(GWPARAM_TOP_DOWN, host::nlev, pressure);
    ok(names(prompt, GWPARAM_PENDING).empty(), "nothing is without lag");
    ok(throws(GWPARAM_ERR_ARGUMENT, "kind is 4, expected 1 to 3",
              [&] { static_cast<void>(scheme.field(4, 1)); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "number is 0, expected at least 1",
                  [&] { static_cast<void>(scheme.field(GWPARAM_INPUT, 0)); }),
       "no such kind, no such number");
}

// A failure drops what was put, and the step that follows is whole.
void test_failures() {
    Scheme scheme("column", lagging(0));
    scheme.set_levels(GWPARAM_TOP_DOWN, host::nlev, pressure);
    put(scheme, host::u, 1.0, host::nlev);
    ok(throws(GWPARAM_ERR_CONTRACT, "wind is no input",
              [&] { put(scheme, "wind", 1.0, host::nlev); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "eastward_wind was not put into the window",
                  [&] { scheme.add_columns(); }),
       "a put that fails drops those before it");
    put_all(scheme, 2.0);
    ok(throws(GWPARAM_ERR_ARGUMENT, "there is no closed window to run, or one is open",
              [&] { scheme.flush(); }),
       "a flush with an open window");
    put_all(scheme, 3.0);
    scheme.close_and_flush();
    ok(got(scheme) == fake::column_tendency(3.0, 64000.0, 0),
       "and the next step is whole");
    put_all(scheme, 4.0);
    scheme.begin_afresh();
    ok(throws(GWPARAM_ERR_ARGUMENT, "nothing was run", [&] { got(scheme); }),
       "nothing is left after a discard");
    const gwparam_statistics statistics = scheme.statistics();
    ok(statistics.runs == 1 && statistics.columns == columns,
       "a step that failed does not count");
}

// What fails on one rank alone is told in the next collective call, once.
void test_local_failures() {
    std::vector<std::string> texts(2);
    std::vector<double> after(2);
    run_ranks(2, [&](const gwparam_transport &transport) {
        Scheme scheme("column", lagging(0), gwparam::Communicator(transport));
        scheme.set_levels(GWPARAM_TOP_DOWN, host::nlev, pressure);
        const auto rank = static_cast<std::size_t>(transport.rank);
        try {
            if (rank == 1) {
                scheme.locally([&] { put(scheme, "wind", 1.0, host::nlev); });
            } else {
                put_all(scheme, 1.0);
                scheme.add_columns();
            }
        } catch (const gwparam::Error &) {
        }
        try {
            scheme.flush();
        } catch (const gwparam::Error &e) {
            texts[rank] = e.what();
        }
        put_all(scheme, 5.0);
        scheme.close_and_flush();
        after[rank] = got(scheme);
    });
    ok(all_say(texts, "rank 1: wind is no input") &&
           after == Numbers(2, fake::column_tendency(5.0, 64000.0, 0)),
       "a failure of one rank is told to all, once");
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    test_fields();
    test_failures();
    test_local_failures();
    return done_testing();
}

// Sums of columns through the C ABI: whatever the ranks, windows and lag, and what a
// change in one cell changes.
#include <array>
#include <string>
#include <vector>

#include "fake_artefacts.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using host::Columns;
using host::Report;

constexpr int steps = 3;
constexpr std::int64_t changed_cell = 11;

// Sums by stage and cell, after each step.
using Sums = std::array<std::vector<std::uint64_t>, GWPARAM_TRACE_GUARDED>;

struct Setup {
    const char *path;
    int ranks;
    int windows;
    int lag;
    double added; // to the wind of one cell, at its lowest level, in step 1
};

std::vector<Sums> run(const Setup &setup) {
    std::vector<Sums> all(steps);
    for (Sums &sums : all) {
        sums.fill(std::vector<std::uint64_t>(host::cells, 0));
    }
    run_ranks(setup.ranks, [&](const gwparam_transport &transport) {
        Columns columns(
            host::scattered(setup.ranks)[static_cast<std::size_t>(transport.rank)]);
        gwparam_options options = host::defaults();
        options.trace = 1;
        options.lag = setup.lag;
        Report report;
        gwparam_scheme *scheme = host::load(transport, setup.path, options, report);
        gwparam_status status = columns.set_up(scheme);
        for (int step = 0; step < steps; ++step) {
            columns.change = [&](std::int64_t cell, std::vector<double> &profile) {
                profile.back() += step == 1 && cell == changed_cell ? setup.added : 0;
            };
            status = status ? status : columns.step(scheme, step, setup.windows);
            std::vector<std::uint64_t> found(columns.cells().size());
            for (std::int32_t stage = 1; stage <= GWPARAM_TRACE_GUARDED; ++stage) {
                status =
                    status
                        ? status
                        : gwparam_scheme_trace(scheme, stage, found.data(),
                                               static_cast<std::int64_t>(found.size()));
                for (std::size_t c = 0; status == GWPARAM_OK && c < found.size(); ++c) {
                    const auto cell = static_cast<std::size_t>(columns.cells()[c]);
                    all[static_cast<std::size_t>(step)]
                       [static_cast<std::size_t>(stage - 1)][cell] = found[c];
                }
            }
        }
        gwparam_scheme_free(scheme);
    });
    return all;
}

void test_layouts(const char *path) {
    const std::vector<Sums> one = run({path, 1, 1, 0, 0.0});
    bool distinct = true;
    for (const std::vector<std::uint64_t> &sums : one[0]) {
        for (std::size_t cell = 1; cell < sums.size(); ++cell) {
            distinct &= sums[cell] != 0 && sums[cell] != sums[cell - 1];
        }
    }
    ok(distinct && one[1] != one[0], "each column and step has sums of its own");
    ok(run({path, 3, 1, 0, 0.0}) == one && run({path, 2, 2, 0, 0.0}) == one,
       (std::string(path) + ": the same on any ranks, and in windows").c_str());
    const std::vector<Sums> late = run({path, 2, 1, 1, 0.0});
    ok(late[0] == one[0] && late[1] == one[0] && late[2] == one[1],
       "with lag they are those of the result");
}

void test_change() {
    const std::vector<Sums> one = run({"column", 1, 1, 0, 0.0});
    const std::vector<Sums> other = run({"column", 1, 1, 0, 1e-6});
    bool only_there = true;
    for (std::size_t step = 0; step < steps; ++step) {
        for (std::size_t stage = 0; stage < one[step].size(); ++stage) {
            for (std::size_t cell = 0; cell < host::cells; ++cell) {
                const bool is_there = step == 1 && cell == changed_cell;
                only_there &=
                    (one[step][stage][cell] != other[step][stage][cell]) == is_there;
            }
        }
    }
    ok(only_there, "a change in one column changes its sums from the put on");
}

void test_refusals() {
    gwparam_scheme *scheme = nullptr;
    gwparam_options options = host::defaults();
    options.trace = 1;
    Columns columns(host::bands(1)[0]);
    std::vector<std::uint64_t> sums(host::cells);
    gwparam_status status = gwparam_scheme_load(&scheme, "column", &options);
    status = status ? status : columns.set_up(scheme);
    const auto trace = [&](std::int32_t stage, std::int64_t capacity) {
        return gwparam_scheme_trace(scheme, stage, sums.data(), capacity);
    };
    ok(status == GWPARAM_OK && trace(1, host::cells) == GWPARAM_ERR_ARGUMENT,
       "no run yet");
    status = columns.step(scheme, 0);
    ok(status == GWPARAM_OK && trace(0, host::cells) == GWPARAM_ERR_ARGUMENT &&
           trace(6, host::cells) == GWPARAM_ERR_ARGUMENT &&
           trace(1, host::cells - 1) == GWPARAM_ERR_SHAPE &&
           gwparam_scheme_trace(scheme, 1, nullptr, host::cells) ==
               GWPARAM_ERR_ARGUMENT,
       "no such stage, too little room, nowhere to put it");
    ok(trace(5, host::cells) == GWPARAM_OK, "and a refusal spoils nothing");
    gwparam_scheme_free(scheme);

    status = gwparam_scheme_load(&scheme, "column", nullptr);
    status = status ? status : columns.set_up(scheme);
    status = status ? status : columns.step(scheme, 0);
    ok(status == GWPARAM_OK && trace(1, host::cells) == GWPARAM_ERR_ARGUMENT,
       "without the option there are none");
    gwparam_scheme_free(scheme);
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    for (const char *path : {"column", "stencil", "global"}) {
        test_layouts(path);
    }
    test_change();
    test_refusals();
    return done_testing();
}

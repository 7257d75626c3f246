// A step with lag = 1: a flush gives the result of the one before, while its own runs.
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using host::Columns;
using host::Globe;
using host::Report;

constexpr int size = 3;

struct Result {
    std::vector<std::vector<Report>> step;
    std::vector<Globe> globe;
    std::vector<gwparam_statistics> statistics = std::vector<gwparam_statistics>(size);
};

gwparam_options options_of(int lag, int per_device) {
    gwparam_options options = host::defaults();
    options.lag = lag;
    options.ranks_per_device = per_device;
    return options;
}

using Change = void (*)(Columns &columns, int rank, int step);

Result run(const char *path, int lag, int per_device, int steps,
           Change change = nullptr) {
    Result result;
    result.step.assign(static_cast<std::size_t>(steps), std::vector<Report>(size));
    result.globe.resize(static_cast<std::size_t>(steps));
    run_ranks(size, [&](const gwparam_transport &transport) {
        const auto rank = static_cast<std::size_t>(transport.rank);
        Columns columns(host::scattered(size)[rank]);
        gwparam_scheme *scheme = host::load(
            transport, path, options_of(lag, per_device), result.step[0][rank]);
        gwparam_status status = columns.set_up(scheme);
        for (int step = 0; step < steps; ++step) {
            const auto n = static_cast<std::size_t>(step);
            if (change != nullptr) {
                change(columns, transport.rank, step);
            }
            status = status ? status : columns.step(scheme, step);
            result.step[n][rank] = host::report(status);
            result.globe[n].take(columns);
            status = GWPARAM_OK;
        }
        if (gwparam_scheme_statistics(scheme, &result.statistics[rank],
                                      sizeof(gwparam_statistics)) != GWPARAM_OK) {
            result.step[0][rank].status = GWPARAM_ERR_INTERNAL;
        }
        gwparam_scheme_free(scheme);
    });
    return result;
}

bool all_have(const std::vector<Report> &reports, gwparam_status status,
              const std::string &text = "") {
    bool right = true;
    for (const Report &report : reports) {
        const bool is_right = report.status == status && report.text == text;
        if (!is_right) {
            printf("# %d %s\n", report.status, report.text.c_str());
        }
        right &= is_right;
    }
    return right;
}

void test_results(const char *path, int per_device) {
    const Result now = run(path, 0, per_device, 4);
    const Result late = run(path, 1, per_device, 4);
    bool fine = true;
    for (std::size_t step = 0; step < 4; ++step) {
        fine &= all_have(now.step[step], GWPARAM_OK);
        fine &= all_have(late.step[step], GWPARAM_OK);
    }
    ok(fine && late.globe[0] == now.globe[0] && late.globe[1] == now.globe[0] &&
           late.globe[2] == now.globe[1] && late.globe[3] == now.globe[2] &&
           !(now.globe[1] == now.globe[0]),
       (std::string(path) + ": the first waits for its own, the others follow")
           .c_str());
    ok(now.statistics[1].runs == 4 && late.statistics[1].runs == 3,
       "a result counts when it is there");
}

void test_failures(const char *path, int per_device) {
    // The second forward pass of rank 0, which a global network has alone.
    const int call = per_device > 1 && std::string(path) != "global" ? 2 : 1;
    fake::set_trouble({fake::Fault::raises, 0, call, 1});
    const Result now = run(path, 0, per_device, 5);
    const Result late = run(path, 1, per_device, 5);
    fake::set_trouble({});
    const Result good = run(path, 0, per_device, 5);
    ok(all_have(now.step[1], GWPARAM_ERR_INFERENCE, "rank 0: the network raised: no"),
       (std::string(path) + ": without lag, a flush reports its own failure").c_str());
    ok(all_have(late.step[1], GWPARAM_OK) &&
           all_have(late.step[2], GWPARAM_ERR_INFERENCE,
                    "rank 0: the network raised: no") &&
           all_have(late.step[3], GWPARAM_OK) && all_have(late.step[4], GWPARAM_OK),
       "with lag, the flush after reports it");
    ok(late.globe[2] == late.globe[1] && late.globe[3] == good.globe[3] &&
           late.globe[4] == good.globe[3],
       "and the one after that begins afresh");
}

// A failure while a result is on its way drops it.
void test_bad_field() {
    const auto spoil = [](Columns &columns, int rank, int step) {
        columns.change = nullptr;
        if (rank == 1 && step == 2) {
            columns.change = [](std::int64_t, std::vector<double> &profile) {
                profile[0] = NAN;
            };
        }
    };
    for (const char *path : {"column", "stencil"}) {
        const Result good = run(path, 0, 2, 5);
        const Result bad = run(path, 1, 2, 5, spoil);
        ok(all_have(bad.step[1], GWPARAM_OK) &&
               all_have(bad.step[2], GWPARAM_ERR_NONFINITE,
                        "rank 1: eastward_wind is nan at (1, 1), counted from 1") &&
               bad.globe[3] == good.globe[3] && bad.globe[4] == good.globe[3],
           (std::string(path) + ": what is on its way is dropped after a failure")
               .c_str());
    }
}

void test_number_of_columns() {
    gwparam_scheme *scheme = nullptr;
    const gwparam_options options = options_of(1, 0);
    Columns all(host::bands(1)[0]);
    Columns half(host::bands(2)[0]);
    gwparam_status status = gwparam_scheme_load(&scheme, "column", &options);
    status = status ? status : all.set_up(scheme);
    status = status ? status : all.step(scheme, 0);
    const Report report = host::report(status ? status : half.step(scheme, 1));
    ok(report.status == GWPARAM_ERR_ARGUMENT &&
           report.text == "there are 20 columns, expected the 40 of the flush before, "
                          "whose result lag = 1 gives",
       "the number of columns may not change");
    ok(half.step(scheme, 1) == GWPARAM_OK, "but after the failure");
    gwparam_scheme_free(scheme);
}

// Guards act on the columns that the result is of.
void test_guards() {
    const auto spoil = [](Columns &columns, int, int step) {
        columns.dudt.assign(columns.cells().size() * host::nlev, 77.0);
        columns.change = [step](std::int64_t cell, std::vector<double> &profile) {
            if (step == 1 && cell == 7) {
                profile[1] = 1e9; // far beyond the limit of the tendency
            }
        };
    };
    Result result;
    result.globe.resize(4);
    bool fine = true;
    run_ranks(1, [&](const gwparam_transport &transport) {
        Columns columns(host::bands(1)[0]);
        gwparam_options options = options_of(1, 0);
        options.on_limit = GWPARAM_GUARD_KEEP;
        Report report;
        gwparam_scheme *scheme = host::load(transport, "column", options, report);
        gwparam_status status = columns.set_up(scheme);
        for (int step = 0; step < 4; ++step) {
            spoil(columns, 0, step);
            status = status ? status : columns.step(scheme, step);
            result.globe[static_cast<std::size_t>(step)].take(columns);
        }
        fine = status == GWPARAM_OK;
        gwparam_scheme_free(scheme);
    });
    const std::size_t kept = 7 * host::nlev;
    ok(fine && result.globe[1].dudt[kept] != 77.0 &&
           result.globe[2].dudt[kept] == 77.0 &&
           result.globe[2].dudt[kept + host::nlev] != 77.0 &&
           result.globe[3].dudt[kept] != 77.0,
       "a guard keeps the column of the flush before");
}

// The network computes while the host does something else.
void test_overlap() {
    fake::set_trouble({fake::Fault::slow, 0, 0, 1000}); // 0.1 s a chunk
    gwparam_scheme *scheme = nullptr;
    gwparam_options options = options_of(1, 0);
    options.chunk_columns = 64;
    Columns columns(host::bands(1)[0]);
    gwparam_status status = gwparam_scheme_load(&scheme, "column", &options);
    status = status ? status : columns.set_up(scheme);
    status = status ? status : columns.step(scheme, 0);
    status = status ? status : columns.step(scheme, 1);
    gwparam_statistics before{};
    status =
        status ? status : gwparam_scheme_statistics(scheme, &before, sizeof before);
    const auto begin = std::chrono::steady_clock::now();
    const auto passed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
            .count();
    };
    while (passed() < 0.2) { // the host's own work
    }
    status = status ? status : columns.step(scheme, 2);
    gwparam_statistics after{};
    status = status ? status : gwparam_scheme_statistics(scheme, &after, sizeof after);
    const double waited = after.wait_seconds - before.wait_seconds;
    const double computed = after.inference_seconds - before.inference_seconds;
    printf("# waited %g s of %g s\n", waited, computed);
    ok(status == GWPARAM_OK && computed >= 0.1 && waited < 0.5 * computed,
       "the wait is what is left");
    gwparam_scheme_free(scheme); // while it computes
    fake::set_trouble({});
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    for (const char *path : {"column", "stencil", "global"}) {
        for (const int per_device : {1, 2}) {
            test_results(path, per_device);
            test_failures(path, per_device);
        }
    }
    test_bad_field();
    test_number_of_columns();
    test_guards();
    test_overlap();
    return done_testing();
}

// What fails on one rank fails on all, with the same status and its number, in bounded
// time; and the next step begins afresh.
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using host::Columns;
using host::Report;

constexpr int size = 4;

struct Case {
    const char *path = "column";
    std::map<int, const char *> path_of; // ranks that have another one
    gwparam_options options = host::defaults();
    RankSettings settings;
    std::function<void(gwparam_options &, int rank)> per_rank; // changes options

    const char *path_of_rank(int rank) const {
        const auto found = path_of.find(rank);
        return found == path_of.end() ? path : found->second;
    }
};

using Body =
    std::function<gwparam_status(gwparam_scheme *, Columns &, int rank, int step)>;

gwparam_status ordinary(gwparam_scheme *scheme, Columns &columns, int, int step) {
    return columns.step(scheme, step);
}

// Reports of loading, and of each step.
struct Reports {
    std::vector<Report> load = std::vector<Report>(size);
    std::vector<std::vector<Report>> step;
    double seconds = 0.0;
};

Reports run(const Case &its, int steps, const Body &body = ordinary) {
    Reports reports;
    reports.step.assign(static_cast<std::size_t>(steps), std::vector<Report>(size));
    const auto begin = std::chrono::steady_clock::now();
    const host::Decomposition columns_of = host::blocks(size);
    run_ranks(
        size,
        [&](const gwparam_transport &transport) {
            const auto rank = static_cast<std::size_t>(transport.rank);
            gwparam_options options = its.options;
            if (its.per_rank) {
                its.per_rank(options, transport.rank);
            }
            gwparam_scheme *scheme =
                host::load(transport, its.path_of_rank(transport.rank), options,
                           reports.load[rank]);
            if (scheme == nullptr) {
                return;
            }
            Columns columns(columns_of[rank]);
            const Report set_up = host::report(columns.set_up(scheme));
            if (set_up.status != GWPARAM_OK) {
                reports.load[rank] = set_up;
            }
            for (int step = 0; step < steps; ++step) {
                reports.step[static_cast<std::size_t>(step)][rank] =
                    host::report(body(scheme, columns, transport.rank, step));
            }
            gwparam_scheme_free(scheme);
        },
        its.settings);
    reports.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return reports;
}

bool all_have(const std::vector<Report> &reports, gwparam_status status,
              const std::string &text, int but = -1) {
    bool right = true;
    for (int rank = 0; rank < size; ++rank) {
        const Report &report = reports[static_cast<std::size_t>(rank)];
        const bool is_right = report.status == status && report.text == text;
        if (!is_right && rank != but) {
            printf("# rank %d has %d %s\n", rank, report.status, report.text.c_str());
        }
        right &= is_right || rank == but;
    }
    return right;
}

bool all_fine(const std::vector<Report> &reports) {
    return all_have(reports, GWPARAM_OK, "");
}

bool loaded(const Reports &reports) { return all_fine(reports.load); }

// Every step but the second is ordinary.
Reports run_with_bad_step(const Case &its, const Body &bad) {
    return run(its, 3, [&](gwparam_scheme *scheme, Columns &columns, int rank, int n) {
        return n == 1 ? bad(scheme, columns, rank, n)
                      : ordinary(scheme, columns, rank, n);
    });
}

gwparam_status step_with_nan(gwparam_scheme *scheme, Columns &columns, int rank,
                             int step) {
    if (rank == 2) {
        columns.change = [&](std::int64_t cell, std::vector<double> &profile) {
            profile[1] = cell == columns.cells()[2] ? NAN : profile[1];
        };
    }
    const gwparam_status status = columns.step(scheme, step);
    columns.change = nullptr;
    return status;
}

void test_bad_fields() {
    for (const char *path : {"column", "stencil", "global"}) {
        for (const int lag : {0, 1}) {
            for (const int per_device : {1, 2}) {
                Case its;
                its.path = path;
                its.options.lag = lag;
                its.options.ranks_per_device = per_device;
                const Reports reports = run_with_bad_step(its, step_with_nan);
                ok(loaded(reports) && all_fine(reports.step[0]) &&
                       all_have(reports.step[1], GWPARAM_ERR_NONFINITE,
                                "rank 2: eastward_wind is nan at (3, 2), counted from "
                                "1") &&
                       all_fine(reports.step[2]),
                   (std::string("a bad field on one rank, ") + path).c_str());
            }
        }
    }
    const Reports reports = run_with_bad_step(
        {}, [](gwparam_scheme *scheme, Columns &columns, int rank, int step) {
            const gwparam_status put =
                rank == 1 || rank == 3
                    ? gwparam_scheme_put(scheme, "wind", nullptr, nullptr)
                    : columns.put(scheme, step);
            const gwparam_status all = gwparam_scheme_flush(scheme);
            return (put != GWPARAM_OK) == (rank % 2 == 1) ? all
                                                          : gwparam_status{GWPARAM_OK};
        });
    ok(all_have(reports.step[1], GWPARAM_ERR_CONTRACT,
                "rank 1: wind is no input of the network, expected one of "
                "eastward_wind, northward_wind, surface_air_pressure") &&
           all_fine(reports.step[2]),
       "of several ranks, the lowest is named");
}

gwparam_status no_native_drag(void *, const gwparam_native_columns *, char *message,
                              std::int64_t) {
    message[0] = '?';
    return GWPARAM_ERR_MEMORY;
}

// A column of one rank is left to its native scheme, which has none; with a lag, as the
// result of that step is given. A rank that runs nothing of others is heard, too.
void test_native_scheme() {
    for (const int lag : {0, 1}) {
        for (const int per_device : {1, 2}) {
            Case its;
            its.options.on_limit = GWPARAM_GUARD_NATIVE;
            its.options.lag = lag;
            its.options.ranks_per_device = per_device;
            const Reports reports =
                run(its, 4,
                    [](gwparam_scheme *scheme, Columns &columns, int rank, int step) {
                        const gwparam_status set =
                            gwparam_scheme_set_native(scheme, no_native_drag, nullptr);
                        if (rank == 3 && step == 1) {
                            columns.change = [&](std::int64_t cell,
                                                 std::vector<double> &its) {
                                its[0] = cell == columns.cells()[0] ? 1e12 : its[0];
                            };
                        }
                        const gwparam_status status = columns.step(scheme, step);
                        columns.change = nullptr;
                        return set ? set : status;
                    });
            const std::size_t bad = lag == 1 ? 2 : 1;
            ok(loaded(reports) && all_fine(reports.step[0]) &&
                   all_have(reports.step[bad], GWPARAM_ERR_MEMORY,
                            "rank 3: the native scheme failed: ?") &&
                   all_fine(reports.step[lag == 1 ? 1 : 2]) &&
                   all_fine(reports.step[3]),
               "a native scheme that fails on one rank");
        }
    }
}

void test_calls_in_the_wrong_order() {
    Reports reports = run_with_bad_step({}, [](gwparam_scheme *scheme, Columns &columns,
                                               int rank, int step) {
        if (rank == 3) { // forgets the surface pressure
            std::vector<double> wind(columns.cells().size() * host::nlev, 1.0);
            const gwparam_array array = host::array_of(
                wind.data(), static_cast<std::int64_t>(columns.cells().size()),
                host::nlev);
            if (gwparam_scheme_put(scheme, host::u, nullptr, &array) != GWPARAM_OK) {
                return gwparam_status{GWPARAM_OK};
            }
            return gwparam_scheme_run(scheme);
        }
        return columns.step(scheme, step);
    });
    ok(all_have(reports.step[1], GWPARAM_ERR_ARGUMENT,
                "rank 3: northward_wind was not put into the window") &&
           all_fine(reports.step[2]),
       "an input that is missing on one rank");

    Case global;
    global.path = "global";
    reports = run_with_bad_step(global, [](gwparam_scheme *scheme, Columns &columns,
                                           int rank, int step) {
        return rank == 1 ? gwparam_scheme_flush(scheme) : columns.step(scheme, step);
    });
    ok(all_have(reports.step[1], GWPARAM_ERR_ARGUMENT,
                "rank 1: there is no closed window to run, or one is open") &&
           all_fine(reports.step[2]),
       "a rank with columns that hands over no window");

    reports = run_with_bad_step(
        global, [](gwparam_scheme *scheme, Columns &columns, int rank, int step) {
            Columns fewer({columns.cells()[0]});
            return rank == 1 ? fewer.step(scheme, step) : columns.step(scheme, step);
        });
    ok(all_have(
           reports.step[1], GWPARAM_ERR_ARGUMENT,
           "rank 1: there are 1 columns, expected the 12 whose positions were set") &&
           all_fine(reports.step[2]),
       "other columns than those whose positions are known");
}

// A failure of one rank is told by the next collective call, whichever it is.
void test_failures_between_steps() {
    double upside_down[] = {9e4, 3e4, 1e3};
    const auto then =
        [&](const std::function<gwparam_status(gwparam_scheme *, Columns &)> &call,
            bool is_further = true) {
            const Reports reports = run_with_bad_step(
                {}, [&](gwparam_scheme *scheme, Columns &columns, int rank, int) {
                    const gwparam_status mine =
                        rank == 2 ? gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN,
                                                              host::nlev, upside_down)
                                  : GWPARAM_ERR_ARGUMENT;
                    if (rank == 1 && is_further) { // what it put is dropped
                        std::vector<double> wind(columns.cells().size() * host::nlev);
                        const gwparam_array array = host::array_of(
                            wind.data(),
                            static_cast<std::int64_t>(columns.cells().size()),
                            host::nlev);
                        if (gwparam_scheme_put(scheme, host::u, nullptr, &array) !=
                            GWPARAM_OK) {
                            return gwparam_status{GWPARAM_ERR_INTERNAL};
                        }
                    }
                    const gwparam_status all = call(scheme, columns);
                    return mine == GWPARAM_ERR_ARGUMENT ? all : GWPARAM_ERR_INTERNAL;
                });
            return all_have(
                       reports.step[1], GWPARAM_ERR_ARGUMENT,
                       "rank 2: the pressure of level 2 (counted from 1) is 30000 Pa "
                       "after 90000 Pa, expected positive values that increase (top "
                       "down)") &&
                   all_fine(reports.step[2]);
        };
    ok(then([](gwparam_scheme *scheme,
               Columns &columns) { return columns.step(scheme, 1); },
            false),
       "told by a flush");
    ok(then([](gwparam_scheme *scheme, Columns &columns) {
           return columns.set_places_by_cell(scheme);
       }),
       "told by set_cells");
    ok(then([](gwparam_scheme *scheme, Columns &) {
           return gwparam_scheme_synchronise(scheme, nullptr);
       }),
       "told by synchronise");
    const Reports reports = run_with_bad_step(
        {}, [&](gwparam_scheme *scheme, Columns &columns, int rank, int step) {
            if (rank == 2 && gwparam_scheme_put(scheme, "wind", nullptr, nullptr) !=
                                 GWPARAM_ERR_CONTRACT) {
                return gwparam_status{GWPARAM_ERR_INTERNAL};
            }
            const gwparam_status dropped = gwparam_scheme_discard(scheme);
            return dropped ? dropped : columns.step(scheme, step);
        });
    ok(all_fine(reports.step[1]) && all_fine(reports.step[2]),
       "but not after a discard");
}

void test_windows_without_levels() {
    gwparam_scheme *scheme = nullptr;
    const gwparam_options options = host::defaults();
    Report report = host::report(gwparam_scheme_load(&scheme, "column", &options));
    report = host::report(gwparam_scheme_add_columns(scheme, nullptr));
    ok(report.status == GWPARAM_ERR_ARGUMENT &&
           report.text == "the host's levels are not set",
       "no window without levels");
    gwparam_scheme_free(scheme);
}

// Loading fails everywhere.
bool load_fails(const Case &its, gwparam_status status, const std::string &text) {
    const Reports reports = run(its, 1);
    return all_have(reports.load, status, text) && reports.seconds < 5.0;
}

void test_loading() {
    Case its;
    const std::string missing = "cannot open absent: No such file or directory";
    its.path_of = {{2, "absent"}};
    ok(load_fails(its, GWPARAM_ERR_FILE, "rank 2: " + missing),
       "an artefact that one rank misses");
    its.options.ranks_per_device = 2;
    ok(load_fails(its, GWPARAM_ERR_FILE, "rank 2: " + missing),
       "be it the owner of a group");
    its.path_of = {{3, "absent"}};
    ok(loaded(run(its, 1)), "a rank that runs no network needs no artefact");
    its.path_of = {{0, "absent"}};
    ok(load_fails(its, GWPARAM_ERR_FILE, "rank 0: " + missing),
       "an artefact that the first rank misses");
    its.path_of = {{2, "renamed"}};
    ok(load_fails(its, GWPARAM_ERR_CONTRACT,
                  "rank 2: renamed holds another contract here than on rank 0"),
       "another artefact on one rank");
    its.path_of = {{2, "bad_probe"}};
    const Reports reports = run(its, 1);
    ok(reports.load[1].status == GWPARAM_ERR_INFERENCE &&
           reports.load[1].text.rfind("rank 2: the probe is off by", 0) == 0 &&
           reports.load[1].text == reports.load[2].text,
       "a probe that one rank does not reproduce");
    its = {};
    its.path = "absent";
    ok(load_fails(its, GWPARAM_ERR_FILE, "rank 0: " + missing), "no artefact at all");
    its.path = "unknown";
    ok(load_fails(its, GWPARAM_ERR_CONTRACT,
                  "backend is \"unknown\", expected one of fake, negative"),
       "a backend that there is not");
}

void test_options() {
    Case its;
    its.per_rank = [](gwparam_options &options, int rank) { options.lag = rank == 1; };
    const std::string differ = "lag, ranks_per_device or chunk_columns differs between "
                               "ranks, expected the same "
                               "on all";
    ok(load_fails(its, GWPARAM_ERR_ARGUMENT, differ), "another lag on one rank");
    its.per_rank = [](gwparam_options &options, int rank) {
        options.ranks_per_device = rank == 3 ? 2 : 1;
    };
    ok(load_fails(its, GWPARAM_ERR_ARGUMENT, differ), "other groups on one rank");
    its.per_rank = [](gwparam_options &options, int rank) {
        options.threads = rank == 2 ? -1 : 1;
    };
    ok(load_fails(its, GWPARAM_ERR_ARGUMENT,
                  "rank 2: threads is -1, expected 0 to 1024"),
       "a bad option on one rank");
    its.per_rank = [](gwparam_options &options, int rank) {
        options.timeout_seconds = rank == 2 ? NAN : 1.0;
    };
    ok(load_fails(its, GWPARAM_ERR_ARGUMENT,
                  "rank 2: timeout_seconds is nan, expected at least 0"),
       "a bad timeout on one rank");
}

// Devices seen differently must not leave a rank without an owner.
void test_devices_that_differ() {
    fake::set_cuda_devices(2);
    Case its;
    its.per_rank = [](gwparam_options &options, int rank) {
        std::snprintf(options.device, sizeof options.device, "%s",
                      rank == 2 ? "cuda:0" : "auto");
    };
    ok(load_fails(its, GWPARAM_ERR_ARGUMENT,
                  "rank 2: rank 3 takes it for the one that runs its network, but it "
                  "does not: device or the devices seen differ between ranks"),
       "a device that differs on one rank");
    fake::set_cuda_devices(0);
}

void test_inference() {
    for (const char *path : {"column", "stencil"}) {
        for (const int per_device : {1, 2}) {
            Case its;
            its.path = path;
            its.options.ranks_per_device = per_device;
            struct {
                fake::Fault fault;
                gwparam_status status;
                const char *text;
            } const faults[] = {
                {fake::Fault::raises, GWPARAM_ERR_INFERENCE,
                 "rank 2: the network raised: no"},
                {fake::Fault::no_memory, GWPARAM_ERR_MEMORY, "rank 2: out of memory"}};
            for (const auto &fault : faults) {
                fake::set_trouble({fault.fault, 2, 1});
                const Reports reports = run(its, 3);
                ok(loaded(reports) && all_fine(reports.step[0]) &&
                       all_have(reports.step[1], fault.status, fault.text) &&
                       all_fine(reports.step[2]),
                   (std::string(path) + ": " + fault.text).c_str());
            }
            fake::set_trouble({fake::Fault::not_finite, 2, 1});
            const Reports reports = run(its, 3);
            ok(all_fine(reports.step[0]) &&
                   reports.step[1][0].status == GWPARAM_ERR_NONFINITE &&
                   reports.step[1][0].text.rfind(
                       "rank 2: tendency_of_eastward_wind_due_to_gravity_wave_drag is "
                       "nan m s-2 in column 1 at level 2",
                       0) == 0 &&
                   all_have(reports.step[1], GWPARAM_ERR_NONFINITE,
                            reports.step[1][0].text) &&
                   all_fine(reports.step[2]),
               (std::string(path) + ": an output that is not finite").c_str());
        }
    }
    fake::set_trouble({});
}

// Ranks that answer no more, in the second step.
void test_silence() {
    for (const char *path : {"column", "stencil", "global"}) {
        for (const int lag : {0, 1}) {
            Case its;
            its.path = path;
            its.options.lag = lag;
            Reports reports;
            reports =
                run(its, 3,
                    [&](gwparam_scheme *scheme, Columns &columns, int rank, int step) {
                        return rank == 2 && step > 0 ? GWPARAM_OK
                                                     : columns.step(scheme, step);
                    });
            const std::string left = "rank 2 left: its scheme was freed";
            ok(all_fine(reports.step[0]) &&
                   all_have(reports.step[1], GWPARAM_ERR_RANK, left, 2) &&
                   all_have(reports.step[2], GWPARAM_ERR_RANK, left, 2) &&
                   reports.seconds < 5.0,
               (std::string(path) + ": a rank that leaves").c_str());

            its.settings.timeout_seconds = 0.3;
            std::atomic<int> done{0};
            reports =
                run(its, 3,
                    [&](gwparam_scheme *scheme, Columns &columns, int rank, int step) {
                        if (rank != 2 || step == 0) {
                            const gwparam_status status = columns.step(scheme, step);
                            done += step == 2 ? 1 : 0;
                            return status;
                        }
                        while (done < size - 1) {
                            std::this_thread::sleep_for(std::chrono::milliseconds(10));
                        }
                        return step == 1 ? columns.step(scheme, step)
                                         : gwparam_status{GWPARAM_OK};
                    });
            const std::string silent = "rank 2 did not answer within 0.3 s";
            ok(all_fine(reports.step[0]) &&
                   all_have(reports.step[1], GWPARAM_ERR_RANK, silent) &&
                   all_have(reports.step[2], GWPARAM_ERR_RANK, silent, 2) &&
                   reports.seconds < 5.0,
               (std::string(path) + ": a rank that is silent, and then too late")
                   .c_str());
        }
    }
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    test_bad_fields();
    test_native_scheme();
    test_calls_in_the_wrong_order();
    test_failures_between_steps();
    test_windows_without_levels();
    test_loading();
    test_options();
    test_devices_that_differ();
    test_inference();
    test_silence();
    return done_testing();
}

// Columns, stencils and the globe on several ranks: the results have the bits of one.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using host::Columns;
using host::Decomposition;
using host::Globe;

constexpr int steps = 3;

struct Setup {
    const char *path = "column";
    int windows = 1;
    int ranks_per_device = 0;
    int lag = 0;
    bool by_cell = false;
};

gwparam_options options_of(const Setup &setup) {
    gwparam_options options = host::defaults();
    options.ranks_per_device = setup.ranks_per_device;
    options.lag = setup.lag;
    return options;
}

// All steps of one rank; the first failure ends them.
gwparam_status run_steps(gwparam_scheme *scheme, const Setup &setup, Columns &columns,
                         std::array<Globe, steps> &results) {
    gwparam_status status = columns.set_up(scheme);
    if (status == GWPARAM_OK && setup.by_cell) {
        status = columns.set_places_by_cell(scheme);
    }
    for (int step = 0; step < steps && status == GWPARAM_OK; ++step) {
        status = columns.step(scheme, step, setup.windows);
        results[static_cast<std::size_t>(step)].take(columns);
    }
    return status;
}

struct Result {
    std::array<Globe, steps> globes;
    bool fine = true;
    std::vector<gwparam_statistics> statistics;
};

gwparam_statistics statistics_of(const gwparam_scheme *scheme) {
    gwparam_statistics statistics{};
    if (gwparam_scheme_statistics(scheme, &statistics, sizeof statistics) !=
        GWPARAM_OK) {
        statistics.runs = -1;
    }
    return statistics;
}

Result run_alone(const Setup &setup) {
    Result result;
    gwparam_scheme *scheme = nullptr;
    const gwparam_options options = options_of(setup);
    Columns columns(host::bands(1).front());
    gwparam_status status = gwparam_scheme_load(&scheme, setup.path, &options);
    status = status ? status : run_steps(scheme, setup, columns, result.globes);
    result.fine = status == GWPARAM_OK;
    result.statistics.push_back(statistics_of(scheme));
    gwparam_scheme_free(scheme);
    return result;
}

Result run_on(const Decomposition &decomposition, const Setup &setup) {
    Result result;
    std::vector<host::Report> reports(decomposition.size());
    result.statistics.resize(decomposition.size());
    run_ranks(static_cast<int>(decomposition.size()),
              [&](const gwparam_transport &transport) {
                  const auto rank = static_cast<std::size_t>(transport.rank);
                  Columns columns(decomposition[rank]);
                  gwparam_scheme *scheme = host::load(transport, setup.path,
                                                      options_of(setup), reports[rank]);
                  if (scheme == nullptr) {
                      return;
                  }
                  reports[rank] =
                      host::report(run_steps(scheme, setup, columns, result.globes));
                  result.statistics[rank] = statistics_of(scheme);
                  gwparam_scheme_free(scheme);
              });
    for (const host::Report &report : reports) {
        result.fine &= report.status == GWPARAM_OK;
        if (report.status != GWPARAM_OK) {
            printf("# %d %s\n", report.status, report.text.c_str());
        }
    }
    return result;
}

bool same(const Result &a, const Result &b) {
    return a.fine && b.fine && a.globes == b.globes;
}

// What column and stencil networks give, from the winds themselves.
double expected(const std::string &path, double (*wind)(std::int64_t, int, int),
                std::int64_t cell, int level, int step) {
    const double pressure = host::ps_at(cell, step);
    if (path == "column") {
        return fake::column_tendency(wind(cell, level, step), pressure, level);
    }
    double sum = 0.0;
    int place = 0;
    for (std::int64_t north = -1; north <= 1; ++north) {
        const std::int64_t row =
            std::clamp<std::int64_t>(cell / host::length + north, 0, host::rows - 1);
        for (std::int64_t east = -1; east <= 1; ++east) {
            const std::int64_t at = (cell + east + host::length) % host::length;
            sum += ++place * wind(row * host::length + at, level, step);
        }
    }
    return fake::stencil_tendency(sum, pressure, level);
}

bool is_as_expected(const std::string &path, const Result &result) {
    bool right = result.fine;
    for (int step = 0; step < steps; ++step) {
        const Globe &globe = result.globes[static_cast<std::size_t>(step)];
        for (std::int64_t cell = 0; cell < host::cells; ++cell) {
            for (int level = 0; level < host::nlev; ++level) {
                const auto i = static_cast<std::size_t>(cell * host::nlev + level);
                right &= globe.dudt[i] == expected(path, host::u_at, cell, level, step);
                right &=
                    globe.dvdt[i] ==
                    static_cast<float>(expected(path, host::v_at, cell, level, step));
            }
        }
    }
    return right;
}

struct Named {
    const char *name;
    Decomposition (*make)(int);
};
const Named decompositions[] = {{"bands", host::bands},
                                {"blocks", host::blocks},
                                {"scattered columns", host::scattered},
                                {"ranks without columns", host::on_odd_ranks}};

void test_bits(const char *path, const std::vector<int> &sizes,
               const std::vector<int> &groups) {
    for (const int lag : {0, 1}) {
        Setup setup;
        setup.path = path;
        setup.lag = lag;
        const Result alone = run_alone(setup);
        ok(alone.fine, (std::string(path) + " on one rank").c_str());
        for (const Named &named : decompositions) {
            bool all_same = true;
            for (const int size : sizes) {
                for (const int windows : {1, 3}) {
                    for (const int per_device : groups) {
                        setup.windows = windows;
                        setup.ranks_per_device = per_device;
                        const bool is_same =
                            same(alone, run_on(named.make(size), setup));
                        if (!is_same) {
                            printf("# %d ranks, %d windows, %d a device\n", size,
                                   windows, per_device);
                        }
                        all_same &= is_same;
                    }
                }
            }
            ok(all_same, (std::string(path) + ", lag " + std::to_string(lag) + ", " +
                          named.name + ": the bits of one rank")
                             .c_str());
        }
    }
}

void test_answers() {
    for (const char *path : {"column", "stencil"}) {
        Setup setup;
        setup.path = path;
        setup.ranks_per_device = 2;
        ok(is_as_expected(path, run_alone(setup)), "known answer on one rank");
        ok(is_as_expected(path, run_on(host::scattered(3), setup)),
           "known answer of scattered columns on three ranks");
    }
}

void test_places_by_cell() {
    for (const char *path : {"stencil", "global", "coarse"}) {
        Setup setup;
        setup.path = path;
        const Result alone = run_alone(setup);
        setup.by_cell = true;
        ok(same(alone, run_on(host::scattered(3), setup)) &&
               same(alone, run_alone(setup)),
           (std::string(path) + ": set_cells is set_columns").c_str());
    }
}

void test_counters() {
    Setup setup;
    Result result = run_on(host::bands(4), setup);
    bool silent = true;
    for (const gwparam_statistics &statistics : result.statistics) {
        silent &= statistics.messages == 0 && statistics.message_bytes == 0;
        silent &= statistics.runs == steps && statistics.columns == steps * 10;
    }
    ok(silent && result.statistics[3].owner == 3, "columns need no messages");

    setup.ranks_per_device = 3;
    result = run_on(host::bands(4), setup);
    // Both winds, the surface pressure, on the way; both tendencies on the way back.
    constexpr std::int64_t in = host::nlev * (8 + 4) + 8;
    constexpr std::int64_t out = host::nlev * (8 + 4);
    const gwparam_statistics &owner = result.statistics[0];
    const gwparam_statistics &member = result.statistics[2];
    ok(owner.messages == 2 * steps && owner.message_bytes == 2 * 10 * steps * out &&
           member.messages == steps && member.message_bytes == 10 * steps * in &&
           member.owner == 0 && result.statistics[3].owner == 3 &&
           result.statistics[3].messages == 0,
       "a group sends to its owner and back, one message a pair");

    setup.path = "global";
    result = run_on(host::blocks(4), setup);
    ok(result.statistics[0].messages == 3 * steps &&
           result.statistics[3].messages == steps && result.statistics[3].owner == 0,
       "the globe is at rank 0");
}

// A rank without columns need not put anything, at any step.
void test_nothing_put() {
    for (const char *path : {"column", "global"}) {
        std::vector<host::Report> reports(3);
        const Decomposition columns_of = host::on_odd_ranks(3);
        Globe globe;
        run_ranks(3, [&](const gwparam_transport &transport) {
            const auto rank = static_cast<std::size_t>(transport.rank);
            Columns columns(columns_of[rank]);
            gwparam_scheme *scheme =
                host::load(transport, path, host::defaults(), reports[rank]);
            gwparam_status status = columns.set_up(scheme);
            for (int step = 0; step < steps && status == GWPARAM_OK; ++step) {
                if (columns.cells().empty()) {
                    status = step == 1 ? gwparam_scheme_flush(scheme)
                                       : gwparam_scheme_run(scheme);
                } else {
                    status = columns.step(scheme, step, 2);
                }
            }
            reports[rank] = host::report(status);
            globe.take(columns);
            gwparam_scheme_free(scheme);
        });
        bool fine = true;
        for (const host::Report &report : reports) {
            fine &= report.status == GWPARAM_OK;
            if (report.status != GWPARAM_OK) {
                printf("# %s\n", report.text.c_str());
            }
        }
        Setup setup;
        setup.path = path;
        ok(fine && globe == run_alone(setup).globes.back(),
           (std::string(path) + ": a rank without columns puts nothing").c_str());
    }
}

// The number of columns of a rank may change from step to step without lag.
void test_changing_columns() {
    std::vector<host::Report> reports(3);
    Globe globe;
    run_ranks(3, [&](const gwparam_transport &transport) {
        const auto rank = static_cast<std::size_t>(transport.rank);
        Setup setup;
        setup.ranks_per_device = 2;
        gwparam_scheme *scheme =
            host::load(transport, "column", options_of(setup), reports[rank]);
        gwparam_status status = Columns({}).set_up(scheme);
        for (const Decomposition &columns_of :
             {host::bands(3), host::on_odd_ranks(3), host::scattered(3)}) {
            Columns columns(columns_of[rank]);
            status = status ? status : columns.step(scheme, 0);
            globe.take(columns);
        }
        reports[rank] = host::report(status);
        gwparam_scheme_free(scheme);
    });
    ok(reports[0].status == GWPARAM_OK && reports[2].status == GWPARAM_OK &&
           globe == run_alone({}).globes.front(),
       "columns of a group may change their number");
}

// Guards act on the ranks that have the columns; the marks do not travel.
void test_guards() {
    constexpr std::size_t caught = 13 * host::nlev;
    constexpr std::size_t other = 14 * host::nlev;
    for (const int policy :
         {GWPARAM_GUARD_ERROR, GWPARAM_GUARD_ZERO, GWPARAM_GUARD_KEEP}) {
        for (const bool by_range : {false, true}) {
            const Decomposition columns_of = host::scattered(3);
            std::vector<host::Report> reports(3);
            std::vector<gwparam_statistics> statistics(3);
            Globe globe;
            int holder = 0;
            run_ranks(3, [&](const gwparam_transport &transport) {
                const auto rank = static_cast<std::size_t>(transport.rank);
                Setup setup;
                setup.ranks_per_device = 2;
                gwparam_options options = options_of(setup);
                (by_range ? options.on_range : options.on_limit) = policy;
                options.range_sigmas = 100.0;
                gwparam_scheme *scheme =
                    host::load(transport, "column", options, reports[rank]);
                Columns columns(columns_of[rank]);
                columns.dudt.assign(columns_of[rank].size() * host::nlev, 77.0);
                columns.change = [&](std::int64_t cell, std::vector<double> &profile) {
                    if (cell == 13) {
                        profile[2] = by_range ? -2e5 : 1e7;
                        holder = transport.rank;
                    }
                };
                const gwparam_status status = columns.set_up(scheme);
                reports[rank] = host::report(status ? status : columns.step(scheme, 0));
                globe.take(columns);
                statistics[rank] = statistics_of(scheme);
                gwparam_scheme_free(scheme);
            });
            const auto h = static_cast<std::size_t>(holder);
            const std::string who = "rank " + std::to_string(holder) + ": ";
            bool right = true;
            for (std::size_t rank = 0; rank < 3; ++rank) {
                right &= reports[rank].text == reports[0].text;
                right &= statistics[rank].guarded_columns ==
                         (rank == h && policy != GWPARAM_GUARD_ERROR ? 1 : 0);
            }
            if (policy == GWPARAM_GUARD_ERROR) {
                right &= reports[0].status == GWPARAM_ERR_RANGE &&
                         reports[0].text.rfind(who, 0) == 0 &&
                         globe.dudt[caught] == 77.0 && globe.dudt[other] == 77.0;
            } else {
                right &=
                    reports[0].status == GWPARAM_OK && globe.dudt[other] != 77.0 &&
                    globe.dudt[caught] == (policy == GWPARAM_GUARD_KEEP ? 77.0 : 0.0);
            }
            if (!right) {
                printf("# %s\n", reports[0].text.c_str());
            }
            ok(right, (std::string(by_range ? "range" : "limit") + ", guard " +
                       std::to_string(policy))
                          .c_str());
        }
    }
}

} // namespace

int main(int argc, char **) {
    const fake::Artefacts artefacts;
    const bool is_short = argc > 1; // any argument, where a tool makes all slow
    test_answers();
    for (const char *path : {"column", "stencil", "global", "coarse"}) {
        if (is_short) {
            test_bits(path, {3}, {2});
        } else {
            test_bits(path, {1, 2, 3, 4, 8}, {0, 1, 2, 3});
        }
    }
    test_places_by_cell();
    test_counters();
    test_nothing_put();
    test_changing_columns();
    test_guards();
    return done_testing();
}

// Many steps of a host: the memory of all ranks stays what it was.
#include <chrono>
#include <vector>

#include "fake_artefacts.hpp"
#include "memory_in_use.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

constexpr int ranks = 3;

// Steps of a host whose ranks are threads: what grows in one shows in all.
void test_steps(const char *path, int lag) {
    constexpr int steps = 10000;
    long growth = -1;
    std::vector<host::Report> reports(ranks);
    std::vector<gwparam_statistics> statistics(ranks);
    const auto begin = std::chrono::steady_clock::now();
    run_ranks(ranks, [&](const gwparam_transport &transport) {
        const auto rank = static_cast<std::size_t>(transport.rank);
        gwparam_options options = host::defaults();
        options.lag = lag;
        options.ranks_per_device = 2;
        gwparam_scheme *scheme = host::load(transport, path, options, reports[rank]);
        host::Columns columns(host::scattered(ranks)[rank]);
        gwparam_status status = columns.set_up(scheme);
        MemoryWatch watch;
        for (int step = 0; step < steps && status == GWPARAM_OK; ++step) {
            status = columns.step(scheme, step % 5, 2);
            watch.note(step, steps);
        }
        status = status ? status
                        : gwparam_scheme_statistics(scheme, &statistics[rank],
                                                    sizeof(gwparam_statistics));
        reports[rank] = host::report(status);
        if (rank == 0) {
            growth = watch.growth();
        }
        gwparam_scheme_free(scheme);
    });
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    bool fine = true;
    for (const host::Report &report : reports) {
        fine &= report.status == GWPARAM_OK;
    }
    printf("# %s, lag %d: %d steps in %.1f s, %ld messages of rank 0, %ld bytes in "
           "use, growth %ld\n",
           path, lag, steps, seconds, static_cast<long>(statistics[0].messages),
           memory_in_use(), growth);
    ok(fine && growth >= 0 && growth <= largest_growth, path);
}

// Where columns move on as they are, a step holds its inputs once, and its results
// twice: those of the step before can be had while it runs.
void test_room() {
    gwparam_options options = host::defaults();
    gwparam_scheme *scheme = nullptr;
    gwparam_status status = gwparam_scheme_load(&scheme, "column", &options);
    host::Columns columns(host::bands(1)[0]);
    status = status ? status : columns.set_up(scheme);
    gwparam_statistics first, last;
    for (int step = 0; step < 8 && status == GWPARAM_OK; ++step) {
        status = columns.step(scheme, step);
        gwparam_statistics &after = step < 2 ? first : last;
        status =
            status ? status : gwparam_scheme_statistics(scheme, &after, sizeof after);
    }
    const auto fields = static_cast<std::int64_t>(columns.dudt.size() * sizeof(double));
    printf("# %lld bytes after 2 steps, %lld after 8; a field has %lld\n",
           static_cast<long long>(first.staging_bytes),
           static_cast<long long>(last.staging_bytes), static_cast<long long>(fields));
    ok(status == GWPARAM_OK && last.staging_bytes == first.staging_bytes &&
           last.staging_bytes <= 8 * fields,
       "room of a step");
    gwparam_scheme_free(scheme);
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    test_room();
    test_steps("stencil", 0);
    test_steps("global", 1);
    return done_testing();
}

// The artefact chooses what runs its graph.
#include <string>

#include "artefact/backend_registry.hpp"
#include "base/error.hpp"
#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

host::Cells all_cells() { return host::bands(1)[0]; }

gwparam_scheme *load(const char *path) {
    const gwparam_options options = host::defaults();
    gwparam_scheme *scheme = nullptr;
    const host::Report report =
        host::report(gwparam_scheme_load(&scheme, path, &options));
    if (report.status != GWPARAM_OK) {
        printf("# %s\n", report.text.c_str());
    }
    return scheme;
}

bool runs_on_cuda(const gwparam_scheme *scheme) {
    gwparam_statistics statistics;
    return gwparam_scheme_statistics(scheme, &statistics, sizeof statistics) ==
               GWPARAM_OK &&
           statistics.on_cuda == 1;
}

void test_two_backends_side_by_side() {
    gwparam_scheme *schemes[] = {load("column"), load("negative")};
    host::Columns columns[] = {host::Columns(all_cells()), host::Columns(all_cells())};
    bool good = true;
    for (int i = 0; i < 2; ++i) {
        good &= columns[i].set_up(schemes[i]) == GWPARAM_OK;
    }
    for (int step = 0; step < 3; ++step) {
        for (int i = 0; i < 2; ++i) {
            good &= columns[i].step(schemes[i], step) == GWPARAM_OK;
        }
        for (std::size_t j = 0; j < columns[0].dudt.size(); ++j) {
            good &= columns[0].dudt[j] == -columns[1].dudt[j] &&
                    columns[0].dvdt[j] == -columns[1].dvdt[j];
        }
        good &= columns[0].dudt[0] ==
                fake::column_tendency(host::u_at(0, 0, step), host::ps_at(0, step), 0);
    }
    ok(good, "each runs its own artefact");
    for (gwparam_scheme *scheme : schemes) {
        gwparam_scheme_free(scheme);
    }
}

void test_devices_are_those_of_the_backend() {
    fake::set_cuda_devices(2);
    gwparam_scheme *fake = load("column");
    gwparam_scheme *negative = load("negative");
    ok(runs_on_cuda(fake) && negative != nullptr && !runs_on_cuda(negative),
       "one finds devices, and the other none");
    gwparam_scheme_free(fake);
    gwparam_scheme_free(negative);
    fake::set_cuda_devices(0);
}

void test_what_there_is_not() {
    for (const char *name : {"unknown", "unnamed"}) {
        gwparam_scheme *scheme = nullptr;
        const host::Report report =
            host::report(gwparam_scheme_load(&scheme, name, nullptr));
        const std::string given =
            name == std::string("unnamed") ? "torchscript" : "unknown";
        ok(scheme == nullptr && report.status == GWPARAM_ERR_CONTRACT &&
               report.text ==
                   "backend is \"" + given + "\", expected one of fake, negative",
           name);
    }
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    test_two_backends_side_by_side();
    test_devices_are_those_of_the_backend();
    test_what_there_is_not();
    return done_testing();
}

// A device that fails at loading or later: an error everywhere, or on on the CPU.
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

constexpr int size = 4;
constexpr int steps = 4;

struct Result {
    std::vector<Report> load = std::vector<Report>(size);
    std::vector<std::vector<Report>> step{steps, std::vector<Report>(size)};
    std::vector<gwparam_statistics> statistics = std::vector<gwparam_statistics>(size);
    std::vector<Globe> globe = std::vector<Globe>(steps);
};

Result run(const char *path, const gwparam_options &options) {
    Result result;
    const host::Decomposition columns_of = host::bands(size);
    run_ranks(size, [&](const gwparam_transport &transport) {
        const auto rank = static_cast<std::size_t>(transport.rank);
        Columns columns(columns_of[rank]);
        gwparam_scheme *scheme =
            host::load(transport, path, options, result.load[rank]);
        if (scheme == nullptr) {
            return;
        }
        gwparam_status status = columns.set_up(scheme);
        for (std::size_t step = 0; step < steps; ++step) {
            status = status ? status : columns.step(scheme, static_cast<int>(step));
            result.step[step][rank] = host::report(status);
            result.globe[step].take(columns);
            status = GWPARAM_OK;
        }
        const gwparam_status known = gwparam_scheme_statistics(
            scheme, &result.statistics[rank], sizeof(gwparam_statistics));
        result.statistics[rank].runs = known == GWPARAM_OK ? 1 : 0;
        gwparam_scheme_free(scheme);
    });
    return result;
}

bool all_have(const std::vector<Report> &reports, gwparam_status status,
              const std::string &text) {
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

bool all_fine(const Result &result) {
    bool fine = all_have(result.load, GWPARAM_OK, "");
    for (const auto &reports : result.step) {
        fine &= all_have(reports, GWPARAM_OK, "");
    }
    return fine;
}

void test_geometry(const std::string &path, int lag) {
    gwparam_options options = host::defaults();
    options.lag = lag;
    fake::set_trouble({});
    fake::set_cuda_devices(0);
    const Result on_cpu = run(path.c_str(), options);
    ok(all_fine(on_cpu) && on_cpu.statistics[0].on_cuda == 0 &&
           on_cpu.statistics[0].lacks_fma == 1,
       path.c_str());

    fake::set_cuda_devices(2);
    const Result on_cuda = run(path.c_str(), options);
    const bool is_global = path == "global";
    ok(all_fine(on_cuda) && on_cuda.globe == on_cpu.globe &&
           on_cuda.statistics[0].on_cuda == 1 && on_cuda.statistics[0].on_graphs == 1 &&
           on_cuda.statistics[0].lacks_fma == 0 &&
           on_cuda.statistics[0].device_to_host_bytes > 0 &&
           on_cuda.statistics[3].owner == (is_global ? 0 : 2) &&
           on_cuda.statistics[3].device_to_host_bytes == 0,
       (path + ": two devices, of which ranks share each").c_str());

    options.graphs = GWPARAM_GRAPHS_OFF;
    const Result without = run(path.c_str(), options);
    ok(all_fine(without) && without.globe == on_cpu.globe &&
           without.statistics[0].on_cuda == 1 && without.statistics[0].on_graphs == 0,
       (path + ": no graphs on request").c_str());
    options.graphs = GWPARAM_GRAPHS_AUTO;

    const int owner = is_global ? 0 : 2;
    const std::string lost = "rank " + std::to_string(owner) + ": the device was lost";
    fake::set_trouble({fake::Fault::lost_device, owner});
    ok(all_have(run(path.c_str(), options).load, GWPARAM_ERR_DEVICE, lost),
       (path + ": no device at loading").c_str());
    // At the second step of two chunks, or of one image.
    const int call = is_global ? 1 : 2;
    fake::set_trouble({fake::Fault::lost_device, owner, call, 1});
    Result result = run(path.c_str(), options);
    const auto seen = static_cast<std::size_t>(1 + lag); // by the flush after
    ok(all_have(result.step[seen - 1], GWPARAM_OK, "") &&
           all_have(result.step[seen], GWPARAM_ERR_DEVICE, lost) &&
           all_have(result.step[seen + 1], GWPARAM_OK, ""),
       (path + ": a device that is lost once, and back").c_str());

    options.on_device_failure = GWPARAM_DEVICE_FALLBACK;
    const auto o = static_cast<std::size_t>(owner);
    for (const int first : {-1, call, call + 1}) {
        fake::set_trouble({fake::Fault::lost_device, owner, first, 1000});
        result = run(path.c_str(), options);
        ok(all_fine(result) && result.globe == on_cpu.globe &&
               result.statistics[o].fell_back == 1 &&
               result.statistics[o].on_cuda == 0 &&
               result.statistics[o].on_graphs == 0 &&
               result.statistics[1].fell_back == 0,
           (path + ": on on the CPU, with the same bits").c_str());
        // The passes on the device, those of the probe among them.
        const int passes = first < 0 ? 0 : (is_global ? 1 : 3) + first;
        ok(result.statistics[o].host_to_device_bytes == passes &&
               result.statistics[o].device_to_host_bytes == 2 * passes,
           (path + ": what the device copied is still counted").c_str());
    }
}

void test_packages() {
    fake::set_trouble({});
    fake::set_cuda_devices(0);
    const Result without = run("global", host::defaults());
    fake::set_package(fake::Package::right);
    const Result right = run("global", host::defaults());
    fake::set_package(fake::Package::wrong);
    const Result wrong = run("global", host::defaults());
    fake::set_package(fake::Package::none);
    ok(without.statistics[0].compiled == GWPARAM_COMPILED_NONE, "no package");
    ok(all_fine(right) && right.globe == without.globe &&
           right.statistics[0].compiled == GWPARAM_COMPILED_RUNS,
       "a package that gives the probe runs");
    ok(all_fine(wrong) && wrong.globe == without.globe &&
           wrong.statistics[0].compiled == GWPARAM_COMPILED_UNFIT,
       "one that does not is left aside");
}

// The device fails, and so does what is to take its place.
void test_failure_of_the_fallback() {
    gwparam_options options = host::defaults();
    options.on_device_failure = GWPARAM_DEVICE_FALLBACK;
    fake::set_cuda_devices(1);
    fake::set_trouble({fake::Fault::lost_device_and_file, 0, 2, 1000});
    const Result result = run("column", options);
    const std::string text = "rank 0: cannot open column: No such file or directory";
    ok(all_have(result.load, GWPARAM_OK, "") &&
           all_have(result.step[0], GWPARAM_ERR_FILE, text) &&
           all_have(result.step[1], GWPARAM_ERR_FILE, text) &&
           all_have(result.step[2], GWPARAM_ERR_FILE, text),
       "a device and then a file that are gone");
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    for (const char *path : {"column", "stencil", "global"}) {
        test_geometry(path, 0);
        test_geometry(path, 1);
    }
    test_packages();
    test_failure_of_the_fallback();
    return done_testing();
}

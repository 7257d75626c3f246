// The members of an artefact: their mean, one of them, and one drawn for each run.
#include <cfenv>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "rows_and_errors.hpp"
#include "scheme/member_choice.hpp"
#include "scheme/members.hpp"
#include "simple_backend.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::MemberChoice;
using gwparam::Members;
using host::Columns;
using host::Globe;
using host::Report;

// Each member gives its own numbers, whatever goes in.
template <typename Value> class Given {
  public:
    Given(int threads, const std::vector<std::vector<Value>> &values)
        : pool_(threads), members_(pool_), result_(values.front().size()) {
        std::int64_t number = 0;
        for (const std::vector<Value> &its : values) {
            auto backend = std::make_unique<SimpleBackend>(
                [&its](const gwparam::Pass &pass) {
                    std::copy(its.begin(), its.end(),
                              values_in<Value>(pass.outputs[0]));
                },
                "", true);
            backends_.push_back(backend.get());
            members_.add(++number, std::move(backend));
        }
    }
    std::vector<Value> of(std::int64_t member) {
        constexpr auto dtype = sizeof(Value) == sizeof(float) ? gwparam::Dtype::float32
                                                              : gwparam::Dtype::float64;
        members_.choose(member);
        members_.forward({{{},
                           {{reinterpret_cast<std::byte *>(result_.data()),
                             dtype,
                             {static_cast<std::int64_t>(result_.size())}}}}});
        return result_;
    }
    const Members &members() const { return members_; }
    int passes(std::size_t n) const { return backends_[n]->passes(); }

  private:
    gwparam::ThreadPool pool_;
    Members members_;
    std::vector<SimpleBackend *> backends_;
    std::vector<Value> result_;
};

void test_mean() {
    // 1 + 2^-24 + 2^-24 is 1 if float32 rounds each sum.
    const std::vector<std::vector<float>> values{
        {1.0F, -0.0F, 3e38F}, {0x1p-24F, -0.0F, 3e38F}, {0x1p-24F, -0.0F, 3e38F}};
    Given<float> given(1, values);
    const std::vector<float> mean = given.of(MemberChoice::mean);
    const auto expected = static_cast<float>((1.0 + 0x1p-24 + 0x1p-24) / 3.0);
    ok(mean[0] == expected && std::signbit(mean[1]) && mean[2] == 3e38F,
       "summed in float64 and rounded once");
    std::fesetround(FE_UPWARD);
    const std::vector<float> upward = given.of(MemberChoice::mean);
    std::fesetround(FE_TONEAREST);
    ok(upward[0] == mean[0], "whatever the host's rounding is");
    ok(given.of(2)[0] == 0x1p-24F && given.passes(1) == 3 && given.passes(0) == 2 &&
           given.passes(2) == 2,
       "one costs one");
    ok(given.members().has_defined_bits(), "its bits are defined as theirs are");

    std::vector<std::vector<double>> many(2, std::vector<double>(100000));
    for (std::size_t i = 0; i < many[0].size(); ++i) {
        many[0][i] = std::sin(static_cast<double>(i));
        many[1][i] = 1e-3 * std::cos(static_cast<double>(i));
    }
    many[1][77] = NAN;
    const std::vector<double> alone = Given<double>(1, many).of(MemberChoice::mean);
    bool same = true;
    bool right = true;
    const std::vector<double> shared = Given<double>(3, many).of(MemberChoice::mean);
    for (std::size_t i = 0; i < alone.size(); ++i) {
        same &= alone[i] == shared[i] || i == 77;
        right &= alone[i] == (many[0][i] + many[1][i]) / 2.0 || i == 77;
    }
    ok(same && right && std::isnan(shared[77]), "the same in any number of threads");
}

gwparam_options options_of(std::int32_t members, std::int32_t member = 0) {
    gwparam_options options = host::defaults();
    options.members = members;
    options.member = member;
    options.member_seed = members == GWPARAM_MEMBERS_DRAWN ? 12 : 0;
    return options;
}

constexpr int steps = 7;

struct Result {
    std::vector<Globe> globe = std::vector<Globe>(steps);
    std::vector<Report> report;
};

// On so many ranks; `before` is called before each step.
Result run(const char *path, const gwparam_options &options, int size, int windows = 1,
           void (*before)(gwparam_scheme *scheme, int rank, int step) = nullptr) {
    Result result;
    result.report.resize(static_cast<std::size_t>(size));
    run_ranks(size, [&](const gwparam_transport &transport) {
        Report &report = result.report[static_cast<std::size_t>(transport.rank)];
        Columns columns(
            host::scattered(size)[static_cast<std::size_t>(transport.rank)]);
        gwparam_scheme *scheme = host::load(transport, path, options, report);
        if (scheme == nullptr) {
            return;
        }
        gwparam_status status = columns.set_up(scheme);
        for (int step = 0; step < steps; ++step) {
            if (before != nullptr) {
                before(scheme, transport.rank, step);
            }
            status = status ? status : columns.step(scheme, step, windows);
            report = host::report(status);
            result.globe[static_cast<std::size_t>(step)].take(columns);
        }
        gwparam_scheme_free(scheme);
    });
    return result;
}

// How many times the first member a globe is, everywhere; 0: it is none.
int times(const Globe &globe, const Globe &first) {
    for (int factor = 1; factor <= host::members; ++factor) {
        bool fits = true;
        for (std::size_t i = 0; i < first.dudt.size(); ++i) {
            fits &= globe.dudt[i] == factor * first.dudt[i] &&
                    globe.dvdt[i] == factor * first.dvdt[i];
        }
        if (fits) {
            return factor;
        }
    }
    return 0;
}

std::vector<int> factors(const Result &result, const Result &first, int lag = 0) {
    std::vector<int> found;
    for (std::size_t step = 0; step + static_cast<std::size_t>(lag) < steps; ++step) {
        found.push_back(times(result.globe[step + static_cast<std::size_t>(lag)],
                              first.globe[step]));
    }
    return found;
}

std::vector<int> drawn_members(int first_run = 1) {
    const MemberChoice choice(options_of(GWPARAM_MEMBERS_DRAWN), host::members);
    std::vector<int> all;
    for (int run = first_run; run < first_run + steps; ++run) {
        all.push_back(static_cast<int>(choice.of_run(run)));
    }
    return all;
}

void test_schemes(const std::string &path, const std::string &single) {
    const Result first = run(single.c_str(), host::defaults(), 2);
    ok(factors(run(path.c_str(), host::defaults(), 2), first) ==
           std::vector<int>(steps, 2),
       (path + ": the mean of 1, 2 and 3 times").c_str());
    const long before = fake::forward_passes();
    const Result one = run(path.c_str(), options_of(GWPARAM_MEMBERS_ONE, 3), 1);
    const long passes = fake::forward_passes() - before;
    const long of_step = path == "several" ? 3 : 1; // and of the probe
    ok(factors(one, first) == std::vector<int>(steps, 3) &&
           passes == of_step * (steps + 1),
       "one of them, with no pass of another");
    bool fine = true;
    for (const int size : {1, 2, 3}) {
        for (const int lag : {0, 1}) {
            for (const int windows : {1, 3}) {
                gwparam_options options = options_of(GWPARAM_MEMBERS_DRAWN);
                options.lag = lag;
                options.threads = size == 1 ? 4 : 2;
                options.chunk_columns = windows == 3 ? 16 : 0;
                const Result drawn = run(path.c_str(), options, size, windows);
                std::vector<int> expected = drawn_members();
                expected.resize(static_cast<std::size_t>(steps - lag));
                fine &= factors(drawn, first, lag) == expected;
            }
        }
    }
    ok(fine, "those that are drawn are the same on 1 to 3 ranks, with lag and without");
}

void test_draws() {
    const Result first = run("column", host::defaults(), 2);
    const gwparam_options options = options_of(GWPARAM_MEMBERS_DRAWN);
    const Result later =
        run("several", options, 2, 1, [](gwparam_scheme *scheme, int, int step) {
            if (step == 0 && gwparam_scheme_set_draw(scheme, 41) != GWPARAM_OK) {
                gwparam_scheme_free(nullptr);
            }
        });
    ok(factors(later, first) == drawn_members(41), "draws go on from a number");
    const Result still =
        run("several", options, 3, 1, [](gwparam_scheme *scheme, int, int) {
            if (gwparam_scheme_set_draw(scheme, 5) != GWPARAM_OK) {
                gwparam_scheme_free(nullptr);
            }
        });
    ok(factors(still, first) == std::vector<int>(steps, drawn_members(5)[0]),
       "or stay at it");
    const Result mixed =
        run("several", options, 3, 1, [](gwparam_scheme *scheme, int rank, int step) {
            if (rank == 1 && step == 3 &&
                gwparam_scheme_set_draw(scheme, 99) != GWPARAM_OK) {
                gwparam_scheme_free(nullptr);
            }
        });
    ok(mixed.report[0].status == GWPARAM_ERR_ARGUMENT &&
           mixed.report[2].text.find("ranks draw members by different numbers") !=
               std::string::npos,
       "ranks that draw by other numbers are refused");
}

bool refused(const Report &report, gwparam_status status, const std::string &text) {
    const bool is_expected =
        report.status == status && report.text.find(text) != std::string::npos;
    if (!is_expected) {
        printf("# %d %s\n", report.status, report.text.c_str());
    }
    return is_expected;
}

void test_refusals() {
    const auto loaded = [](const char *path, const gwparam_options &options) {
        return run(path, options, 1).report[0];
    };
    ok(refused(loaded("bad_member", host::defaults()), GWPARAM_ERR_INFERENCE,
               "member 2: the probe is off by"),
       "a member that does not reproduce its probe");
    ok(refused(loaded("bad_member", options_of(GWPARAM_MEMBERS_DRAWN)),
               GWPARAM_ERR_INFERENCE, "member 2: the probe is off by"),
       "also where it may be drawn");
    ok(loaded("bad_member", options_of(GWPARAM_MEMBERS_ONE, 3)).status == GWPARAM_OK,
       "but not where it is not needed");
    ok(refused(loaded("several", options_of(GWPARAM_MEMBERS_ONE, 4)),
               GWPARAM_ERR_ARGUMENT, "member is 4, the artefact has 1 to 3"),
       "a member beyond the last");
    ok(refused(loaded("column", options_of(GWPARAM_MEMBERS_DRAWN)),
               GWPARAM_ERR_ARGUMENT, "members is drawn, the artefact has one network"),
       "a draw from one");

    gwparam_scheme *scheme = nullptr;
    const gwparam_options options = options_of(GWPARAM_MEMBERS_DRAWN);
    std::int64_t member = -1;
    ok(gwparam_scheme_load(&scheme, "several", &options) == GWPARAM_OK &&
           gwparam_scheme_member(scheme, 3, &member) == GWPARAM_OK &&
           member == drawn_members()[2],
       "which one a run has is told");
    ok(refused(host::report(gwparam_scheme_member(scheme, 0, &member)),
               GWPARAM_ERR_ARGUMENT, "run is 0, expected at least 1") &&
           refused(host::report(gwparam_scheme_set_draw(scheme, 0)),
                   GWPARAM_ERR_ARGUMENT, "the number of a draw is 0"),
       "from 1 on");
    gwparam_statistics counters{};
    counters.struct_size = sizeof counters;
    counters.runs = INT64_MAX;
    ok(refused(host::report(gwparam_scheme_restore_statistics(scheme, &counters,
                                                              sizeof counters)),
               GWPARAM_ERR_ARGUMENT, "expected at most 2^53"),
       "and no further than can be counted");
    gwparam_scheme_free(scheme);
}

void test_devices() {
    fake::set_cuda_devices(1);
    gwparam_options options = options_of(GWPARAM_MEMBERS_MEAN);
    options.on_device_failure = GWPARAM_DEVICE_FALLBACK;
    options.ranks_per_device = 1;
    const Result first = run("column", options, 1);
    fake::set_trouble({fake::Fault::lost_device, 0, 2, 1});
    const Result result = run("several", options, 1);
    fake::set_trouble({});
    fake::set_cuda_devices(0);
    ok(factors(result, first) == std::vector<int>(steps, 2),
       "all go on on the CPU where one loses its device");
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    test_mean();
    test_schemes("several", "column");
    test_schemes("several_global", "global");
    test_draws();
    test_refusals();
    test_devices();
    return done_testing();
}

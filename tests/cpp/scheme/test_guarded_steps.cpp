// Guards through the C ABI: every pair of policies, in both vertical orders, late, and
// over a restart.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fake_artefacts.hpp"
#include "fake_backend.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

constexpr std::int64_t columns = 5;
constexpr std::size_t values = columns * host::nlev;
constexpr int bad_step = 1;
constexpr double untouched = 77.0;

// The policies that are tried in pairs; to clip is another result.
constexpr std::int32_t policies[] = {GWPARAM_GUARD_ERROR, GWPARAM_GUARD_ZERO,
                                     GWPARAM_GUARD_KEEP,  GWPARAM_GUARD_IGNORE,
                                     GWPARAM_GUARD_COUNT, GWPARAM_GUARD_NATIVE};

// What is wrong with column 0 in the bad step, and which guards see it.
struct Kind {
    const char *name;
    double u; // of its top level; 0: as ever
    double v;
    bool gives_nan;
    bool out_of_range;
    bool beyond_limit;
};
const Kind kinds[] = {{"neither", 0, 0, false, false, false},
                      {"the range", -2e5, 0, false, true, false},
                      {"the limit", 0, 1e7, false, false, true},
                      {"both", 1e7, 0, false, true, true},
                      {"NaN", 0, 0, true, false, true},
                      {"the range, and NaN", -2e5, 0, true, true, true}};

struct Setup {
    std::int32_t on_range;
    std::int32_t on_limit;
    std::int32_t order;
    int lag;
    bool restarts; // after the bad step
};

struct Free {
    void operator()(gwparam_scheme *scheme) const { gwparam_scheme_free(scheme); }
};
using Scheme = std::unique_ptr<gwparam_scheme, Free>;

// The host's own scheme: of the step that is under way, of each level.
int native_step = 0;

double native_at(std::int64_t tendency, int place) {
    return 1000.0 * native_step + 10.0 * static_cast<double>(tendency) + place;
}

gwparam_status native_drag(void *, const gwparam_native_columns *asked, char *,
                           std::int64_t) {
    if (asked->columns != 1 || asked->column[0] != 0 || asked->tendencies != 2 ||
        asked->levels != host::nlev) {
        return GWPARAM_ERR_SHAPE;
    }
    for (std::int64_t tendency = 0; tendency < 2; ++tendency) {
        for (int place = 0; place < host::nlev; ++place) {
            asked->drag[tendency * host::nlev + place] = native_at(tendency, place);
        }
    }
    return GWPARAM_OK;
}

Scheme load(const Setup &setup) {
    gwparam_options options = host::defaults();
    options.on_range = setup.on_range;
    options.on_limit = setup.on_limit;
    options.range_sigmas = 100.0; // of 100 m s-1
    options.lag = setup.lag;
    gwparam_scheme *scheme = nullptr;
    gwparam_status status = gwparam_scheme_load(&scheme, "column", &options);
    std::vector<double> pressure{1e3, 3e4, 9e4};
    if (setup.order == GWPARAM_BOTTOM_UP) {
        std::reverse(pressure.begin(), pressure.end());
    }
    status = status ? status
                    : gwparam_scheme_set_levels(scheme, setup.order, host::nlev,
                                                pressure.data());
    status = status ? status : gwparam_scheme_set_native(scheme, native_drag, nullptr);
    return Scheme(status == GWPARAM_OK ? scheme : nullptr);
}

// The place of a level, counted from the top, in the host's arrays.
std::size_t at(const Setup &setup, std::int64_t column, int level) {
    const int place = setup.order == GWPARAM_TOP_DOWN ? level : host::nlev - 1 - level;
    return static_cast<std::size_t>(column * host::nlev + place);
}

double wind(double (*of)(std::int64_t, int, int), double bad, std::int64_t column,
            int level, int step) {
    const bool is_bad = step == bad_step && column == 0 && level == 0 && bad != 0.0;
    return is_bad ? bad : of(column, level, step);
}

struct Drag {
    std::vector<double> east = std::vector<double>(values, untouched);
    std::vector<double> north = std::vector<double>(values, untouched);
    bool operator==(const Drag &other) const {
        return east == other.east && north == other.north; // NaN is never equal
    }
};

gwparam_status put_and_run(gwparam_scheme *scheme, const Setup &setup, const Kind &kind,
                           int step) {
    std::vector<double> u(values);
    std::vector<double> v(values);
    std::vector<double> ps(columns);
    for (std::int64_t column = 0; column < columns; ++column) {
        ps[static_cast<std::size_t>(column)] = host::ps_at(column, step);
        for (int level = 0; level < host::nlev; ++level) {
            const std::size_t i = at(setup, column, level);
            u[i] = wind(host::u_at, kind.u, column, level, step);
            v[i] = wind(host::v_at, kind.v, column, level, step);
        }
    }
    const gwparam_array east = host::array_of(u.data(), columns, host::nlev);
    const gwparam_array north = host::array_of(v.data(), columns, host::nlev);
    const gwparam_array surface = host::array_of(ps.data(), columns);
    std::vector<double> latitude(columns);
    for (std::int64_t column = 0; column < columns; ++column) {
        latitude[static_cast<std::size_t>(column)] = 10.0 * (column + 1);
    }
    const gwparam_array places = host::array_of(latitude.data(), columns);
    gwparam_status status = gwparam_scheme_put_place(
        scheme, &places, &places, nullptr, ("step " + std::to_string(step)).c_str());
    status = status ? status : gwparam_scheme_put(scheme, host::u, nullptr, &east);
    status = status ? status : gwparam_scheme_put(scheme, host::v, nullptr, &north);
    status = status ? status : gwparam_scheme_put(scheme, host::ps, nullptr, &surface);
    return status ? status : gwparam_scheme_run(scheme);
}

gwparam_status get(gwparam_scheme *scheme, Drag &drag) {
    const gwparam_array east = host::array_of(drag.east.data(), columns, host::nlev);
    const gwparam_array north = host::array_of(drag.north.data(), columns, host::nlev);
    const gwparam_status status =
        gwparam_scheme_get(scheme, 1, host::dudt, nullptr, &east);
    return status ? status : gwparam_scheme_get(scheme, 1, host::dvdt, nullptr, &north);
}

// What a step gives, from the winds themselves, where no guard acts on it.
Drag expected_of(const Setup &setup, const Kind &kind, int step) {
    Drag drag;
    for (std::int64_t column = 0; column < columns; ++column) {
        for (int level = 0; level < host::nlev; ++level) {
            const std::size_t i = at(setup, column, level);
            const double ps = host::ps_at(column, step);
            drag.east[i] = fake::column_tendency(
                wind(host::u_at, kind.u, column, level, step), ps, level);
            drag.north[i] = static_cast<float>(fake::column_tendency(
                wind(host::v_at, kind.v, column, level, step), ps, level));
        }
    }
    return drag;
}

// What is pending goes to a new scheme, as through a restart file.
Scheme restart(Scheme before, const Setup &setup, gwparam_status &status) {
    std::int32_t carries = -1;
    status = gwparam_scheme_synchronise(before.get(), &carries);
    if (status != GWPARAM_OK) {
        return before;
    }
    Scheme after = load(setup);
    bool right = carries == setup.lag;
    for (const char *name : {host::dudt, host::dvdt, "guard_mark"}) {
        const int levels = std::string(name) == "guard_mark" ? 0 : host::nlev;
        std::vector<double> held(columns * std::max(levels, 1), -1.0);
        const gwparam_array array = host::array_of(held.data(), columns, levels);
        if (carries == 1) {
            right &= gwparam_scheme_save(before.get(), name, &array) == GWPARAM_OK &&
                     gwparam_scheme_restore(after.get(), name, &array) == GWPARAM_OK;
        }
    }
    status = right ? GWPARAM_OK : GWPARAM_ERR_INTERNAL;
    return after;
}

// What becomes of the bad column: which guards catch it, and what is done with it.
struct Fate {
    bool range; // guard number 2
    bool finite;
    bool limit;
    std::int32_t acts; // GWPARAM_GUARD_IGNORE: it goes through

    Fate(const Setup &setup, const Kind &kind) {
        const auto passes = [](std::int32_t policy) {
            return policy == GWPARAM_GUARD_COUNT || policy == GWPARAM_GUARD_IGNORE;
        };
        const bool replaces = setup.on_limit == GWPARAM_GUARD_ZERO ||
                              setup.on_limit == GWPARAM_GUARD_KEEP ||
                              setup.on_limit == GWPARAM_GUARD_NATIVE;
        range = kind.out_of_range && setup.on_range != GWPARAM_GUARD_IGNORE;
        const bool goes_on = !range || passes(setup.on_range);
        finite = goes_on && kind.gives_nan;
        limit = goes_on && !kind.gives_nan && kind.beyond_limit &&
                setup.on_limit != GWPARAM_GUARD_IGNORE;
        acts = !goes_on                           ? setup.on_range
               : finite && !replaces              ? std::int32_t{GWPARAM_GUARD_ERROR}
               : finite                           ? setup.on_limit
               : limit && !passes(setup.on_limit) ? setup.on_limit
                                                  : std::int32_t{GWPARAM_GUARD_IGNORE};
    }
    bool catches(int number) const {
        return (number == 2 && range) || (number == 3 && finite) ||
               (number == 4 && limit);
    }
};

// Whether the guards that caught the column, and no others, say so: in the last run,
// and since the load if it `lasts`.
bool is_tallied(gwparam_scheme *scheme, const Fate &fate, bool is_last, bool lasts) {
    bool right = true;
    for (int number = 1; number <= 5; ++number) {
        gwparam_guard_report report{};
        std::vector<std::int64_t> levels(host::nlev + 1);
        std::int64_t n_levels = 0;
        const gwparam_status status =
            gwparam_scheme_guard(scheme, number, &report, sizeof report, levels.data(),
                                 static_cast<std::int64_t>(levels.size()), &n_levels);
        const bool catches = fate.catches(number);
        right &= status == GWPARAM_OK &&
                 report.columns_last_run == (is_last && catches ? 1 : 0) &&
                 n_levels == host::nlev + 1;
        if (lasts && catches) {
            const gwparam_place &worst = report.worst;
            const int level = number == 3 ? 2 : 1;
            right &= report.columns == 1 && worst.run == bad_step + 1 &&
                     worst.level == level && worst.latitude == 10.0 &&
                     worst.longitude == 10.0 && worst.excess > 1.0 &&
                     worst.date == "step " + std::to_string(bad_step) &&
                     levels[static_cast<std::size_t>(level - 1)] == 1;
        }
    }
    return right;
}

// What is wrong with one run, or nothing.
std::string fault_of(const Setup &setup, const Kind &kind) {
    fake::set_trouble(
        {kind.gives_nan ? fake::Fault::not_finite : fake::Fault::none, 0, bad_step, 1});
    const Fate fate(setup, kind);
    const bool range_acts =
        fate.range && !fate.finite && !fate.limit && fate.acts == setup.on_range;
    const std::int32_t acts = fate.acts;
    const bool fails = acts == GWPARAM_GUARD_ERROR;
    // Inputs are looked at when they are put to work, outputs when they are there.
    const int failing_step = !fails ? -1 : range_acts ? bad_step : bad_step + setup.lag;

    Scheme scheme = load(setup);
    for (int step = 0; step <= bad_step + 1; ++step) {
        Drag drag;
        gwparam_status status = GWPARAM_OK;
        bool is_restarted = false;
        if (setup.restarts && step == bad_step + 1 && failing_step != bad_step) {
            scheme = restart(std::move(scheme), setup, status);
            is_restarted = true;
        }
        native_step = step;
        status = status ? status : put_and_run(scheme.get(), setup, kind, step);
        status = status ? status : get(scheme.get(), drag);
        const host::Report report = host::report(status);
        const std::string here = "step " + std::to_string(step) + ": " + report.text;
        if (step == failing_step) {
            const bool is_nan = !range_acts && kind.gives_nan;
            const std::string place =
                is_nan ? "nan m s-2 in column 1 at level 2" : " in column 1 at level 1";
            const bool right =
                status == (is_nan ? GWPARAM_ERR_NONFINITE : GWPARAM_ERR_RANGE) &&
                report.text.find(place + " from the top") != std::string::npos &&
                drag == Drag();
            return right ? "" : "no failure as expected, " + here;
        }
        if (status != GWPARAM_OK) {
            return "failed, " + here;
        }
        const int of_step = std::max(0, step - setup.lag);
        Drag expected = expected_of(setup, kind, of_step);
        const bool acted = of_step == bad_step && acts != GWPARAM_GUARD_IGNORE;
        for (int level = 0; acted && level < host::nlev; ++level) {
            const std::size_t i = at(setup, 0, level);
            const bool is_native = acts == GWPARAM_GUARD_NATIVE;
            const double value = acts == GWPARAM_GUARD_ZERO ? 0.0 : untouched;
            const int place = static_cast<int>(i);
            expected.east[i] = is_native ? native_at(0, place) : value;
            expected.north[i] = is_native ? native_at(1, place) : value;
        }
        gwparam_statistics statistics{};
        status =
            gwparam_scheme_statistics(scheme.get(), &statistics, sizeof statistics);
        // Counted where it was computed, not where it was restored.
        const bool is_counted = acted && !is_restarted;
        const bool is_right =
            status == GWPARAM_OK && drag == expected &&
            statistics.guarded_columns_last_run == (is_counted ? 1 : 0) &&
            is_tallied(scheme.get(), fate, of_step == bad_step && !is_restarted,
                       of_step >= bad_step && !is_restarted && !setup.restarts);
        if (!is_right) {
            return "another result, " + here;
        }
    }
    return "";
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    for (const Kind &kind : kinds) {
        for (const std::int32_t order : {GWPARAM_TOP_DOWN, GWPARAM_BOTTOM_UP}) {
            for (const int lag : {0, 1}) {
                for (const bool restarts : {false, true}) {
                    std::string faults;
                    for (const std::int32_t range : policies) {
                        for (const std::int32_t limit : policies) {
                            const std::string fault =
                                fault_of({range, limit, order, lag, restarts}, kind);
                            if (!fault.empty()) {
                                printf("# %d then %d: %s\n", range, limit,
                                       fault.c_str());
                                faults += fault;
                            }
                        }
                    }
                    ok(faults.empty(),
                       (std::string("every pair of policies, trips ") + kind.name +
                        (order == GWPARAM_TOP_DOWN ? ", top down" : ", bottom up") +
                        ", lag " + std::to_string(lag) +
                        (restarts ? ", with a restart" : ""))
                           .c_str());
                }
            }
        }
    }
    return done_testing();
}

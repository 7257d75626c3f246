// What a scheme carries, saved and given back: the same bits, on other ranks too.
#include <array>
#include <cmath>
#include <map>
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
using host::Report;

constexpr int steps = 6;
constexpr std::size_t guarded_cell = 7; // whose result a guard keeps at step 2

// Fields by name, over the globe, as a restart file holds them.
struct File {
    std::map<std::string, std::vector<double>> fields;
    gwparam_statistics statistics{};
    bool carries = false;
};

gwparam_options options_of(int lag, const std::string &path = "column") {
    gwparam_options options = host::defaults();
    options.lag = lag;
    options.ranks_per_device = 2;
    options.on_limit = GWPARAM_GUARD_KEEP;
    if (path.find("several") == 0) {
        options.members = GWPARAM_MEMBERS_DRAWN;
        options.member_seed = 12;
    }
    return options;
}

// Calls body(name, levels) for every pending field; false if one fails.
template <typename Body> bool each_field(const gwparam_scheme *scheme, Body &&body) {
    for (std::int64_t number = 1;; ++number) {
        char name[100] = "";
        std::int64_t levels = -1;
        char units[40] = "";
        if (gwparam_scheme_field(scheme, GWPARAM_PENDING, number, name, sizeof name,
                                 units, sizeof units, &levels) != GWPARAM_OK) {
            return false;
        }
        if (name[0] == '\0') {
            return true;
        }
        if (!body(std::string(name), levels)) {
            return false;
        }
    }
}

std::vector<double> gathered(const std::vector<double> &globe, const Columns &columns,
                             std::size_t width) {
    std::vector<double> values;
    for (const std::int64_t cell : columns.cells()) {
        for (std::size_t k = 0; k < width; ++k) {
            values.push_back(globe[static_cast<std::size_t>(cell) * width + k]);
        }
    }
    return values;
}

bool save(gwparam_scheme *scheme, const Columns &columns, File &file) {
    std::int32_t carries = -1;
    gwparam_statistics found{};
    if (gwparam_scheme_synchronise(scheme, &carries) != GWPARAM_OK ||
        gwparam_scheme_statistics(scheme, &found, sizeof found) != GWPARAM_OK) {
        return false;
    }
    std::int32_t rank = -1;
    std::int32_t ranks = -1;
    if (gwparam_scheme_ranks(scheme, &rank, &ranks) != GWPARAM_OK) {
        return false;
    }
    if (rank == 0) {
        file.statistics = found;
    }
    if (carries != 1) {
        return carries == 0 && !file.carries;
    }
    return each_field(scheme, [&](const std::string &name, std::int64_t levels) {
        const std::size_t width = levels > 0 ? static_cast<std::size_t>(levels) : 1;
        std::vector<double> values(columns.cells().size() * width, -5.0);
        const gwparam_array array = host::array_of(
            values.data(), static_cast<std::int64_t>(columns.cells().size()),
            static_cast<int>(levels));
        if (gwparam_scheme_save(scheme, name.c_str(), &array) != GWPARAM_OK) {
            return false;
        }
        std::vector<double> &globe = file.fields.at(name);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto cell = static_cast<std::size_t>(columns.cells()[i / width]);
            globe[cell * width + i % width] = values[i];
        }
        return true;
    });
}

bool restore(gwparam_scheme *scheme, const Columns &columns, const File &file) {
    if (gwparam_scheme_restore_statistics(scheme, &file.statistics,
                                          sizeof file.statistics) != GWPARAM_OK) {
        return false;
    }
    return !file.carries || each_field(scheme, [&](const std::string &name,
                                                   std::int64_t levels) {
        std::vector<double> values =
            gathered(file.fields.at(name), columns,
                     levels > 0 ? static_cast<std::size_t>(levels) : 1);
        const gwparam_array array = host::array_of(
            values.data(), static_cast<std::int64_t>(columns.cells().size()),
            static_cast<int>(levels));
        return gwparam_scheme_restore(scheme, name.c_str(), &array) == GWPARAM_OK;
    });
}

File empty_file(bool carries) {
    File file;
    file.carries = carries;
    const std::size_t on_levels = host::cells * host::nlev;
    file.fields[host::dudt].assign(on_levels, -3.0);
    file.fields[host::dvdt].assign(on_levels, -3.0);
    file.fields["guard_mark"].assign(host::cells, -3.0);
    return file;
}

struct Part {
    int first;
    int last;
    const File *from = nullptr;
    File *to = nullptr;
};

// Runs some of the steps on these ranks; between two files if they are given.
bool run(const char *path, int lag, const Decomposition &columns_of, const Part &part,
         std::array<Globe, steps> &globes) {
    std::vector<int> fine(columns_of.size(), 0);
    run_ranks(
        static_cast<int>(columns_of.size()), [&](const gwparam_transport &transport) {
            const auto rank = static_cast<std::size_t>(transport.rank);
            Columns columns(columns_of[rank]);
            Report report;
            gwparam_scheme *scheme =
                host::load(transport, path, options_of(lag, path), report);
            bool good = columns.set_up(scheme) == GWPARAM_OK;
            if (part.from != nullptr) {
                good = good && restore(scheme, columns, *part.from);
            }
            for (int step = part.first; step < part.last && good; ++step) {
                columns.dudt.assign(columns.cells().size() * host::nlev, 77.0);
                columns.dvdt.assign(columns.cells().size() * host::nlev, 78.0);
                columns.change = [step](std::int64_t cell, std::vector<double> &wind) {
                    wind[1] =
                        step == 2 && cell == std::int64_t{guarded_cell} ? 1e9 : wind[1];
                };
                good = columns.step(scheme, step) == GWPARAM_OK;
                globes[static_cast<std::size_t>(step)].take(columns);
            }
            if (part.to != nullptr) {
                good = good && save(scheme, columns, *part.to);
            }
            fine[rank] = good ? 1 : 0;
            gwparam_scheme_free(scheme);
        });
    return fine == std::vector<int>(columns_of.size(), 1);
}

void test_round_trip(const char *path, int lag, const Decomposition &before,
                     const Decomposition &after, const char *name) {
    std::array<Globe, steps> whole;
    std::array<Globe, steps> parts;
    bool fine = run(path, lag, before, {0, steps}, whole);
    bool same = true;
    for (const int middle : {1, 3, 4}) { // what step 2 guarded is pending at 3
        File file = empty_file(lag == 1);
        fine = fine && run(path, lag, before, {0, middle, nullptr, &file}, parts);
        fine = fine && run(path, lag, after, {middle, steps, &file, nullptr}, parts);
        same &= parts == whole;
        if (lag == 1 && middle == 3) {
            same &= file.fields["guard_mark"][guarded_cell] == 1.0;
            // Its neighbours on the globe see the same wind.
            same &= std::string(path) != "column" ||
                    file.fields["guard_mark"][guarded_cell + 1] == 0.0;
        }
    }
    ok(fine && same, (std::string(path) + ", lag " + std::to_string(lag) +
                      ": a restart changes no bit, " + name)
                         .c_str());
    ok(whole[static_cast<std::size_t>(2 + lag)].dudt[guarded_cell * host::nlev] == 77.0,
       "with a column that a guard keeps");
}

void test_many() {
    for (const char *path :
         {"column", "stencil", "global", "several", "several_global"}) {
        for (const int lag : {0, 1}) {
            test_round_trip(path, lag, host::blocks(4), host::blocks(4),
                            "on the same ranks");
            test_round_trip(path, lag, host::bands(3), host::scattered(2),
                            "on other ranks");
            test_round_trip(path, lag, host::bands(1), host::on_odd_ranks(4),
                            "on more ranks, of which some have no columns");
        }
    }
}

// A scheme of this process alone, with its levels.
class Alone {
  public:
    explicit Alone(int lag) {
        const gwparam_options options = options_of(lag);
        good_ = gwparam_scheme_load(&scheme_, "column", &options) == GWPARAM_OK &&
                columns.set_up(scheme_) == GWPARAM_OK;
    }
    ~Alone() { gwparam_scheme_free(scheme_); }
    Alone(const Alone &) = delete;
    Alone &operator=(const Alone &) = delete;
    gwparam_scheme *get() { return good_ ? scheme_ : nullptr; }

    Columns columns{host::bands(1)[0]};

  private:
    gwparam_scheme *scheme_ = nullptr;
    bool good_ = false;
};

bool refused(gwparam_status status, gwparam_status expected, const std::string &text) {
    const Report report = host::report(status);
    const bool is_expected =
        report.status == expected && report.text.find(text) != std::string::npos;
    if (!is_expected) {
        printf("# %d %s\n", report.status, report.text.c_str());
    }
    return is_expected;
}

gwparam_array on_levels(std::vector<double> &values, std::int64_t columns) {
    values.resize(static_cast<std::size_t>(columns * host::nlev), 0.5);
    return host::array_of(values.data(), columns, host::nlev);
}

void test_refusals() {
    std::vector<double> values;
    const gwparam_array forty = on_levels(values, host::cells);
    Alone scheme(1);
    ok(refused(gwparam_scheme_save(scheme.get(), host::dudt, &forty),
               GWPARAM_ERR_ARGUMENT, "nothing is pending"),
       "nothing to save before the first flush");
    ok(refused(gwparam_scheme_restore(scheme.get(), "wind", &forty),
               GWPARAM_ERR_CONTRACT,
               "wind is no pending field of the network, expected one of tendency"),
       "no such field");
    gwparam_array single = forty;
    single.dtype = GWPARAM_FLOAT32;
    ok(refused(gwparam_scheme_restore(scheme.get(), host::dudt, &single),
               GWPARAM_ERR_SHAPE, "float32, expected float64"),
       "single precision");
    values[4] = NAN;
    ok(refused(gwparam_scheme_restore(scheme.get(), host::dudt, &forty),
               GWPARAM_ERR_NONFINITE, "nan at (2, 2)"),
       "a value that is not finite");
    values[4] = 0.0;
    ok(gwparam_scheme_restore(scheme.get(), host::dudt, &forty) == GWPARAM_OK &&
           refused(scheme.columns.put(scheme.get(), 0), GWPARAM_ERR_ARGUMENT,
                   "northward_wind_due_to_gravity_wave_drag was not restored, but"),
       "a restore that is not complete");
    std::vector<double> fewer;
    const gwparam_array three = on_levels(fewer, 3);
    ok(refused(gwparam_scheme_restore(scheme.get(), host::dvdt, &three),
               GWPARAM_ERR_SHAPE, "has 3 columns, expected 40"),
       "another number of columns");
    std::vector<double> marks(host::cells, 0.0);
    const gwparam_array mark = host::array_of(marks.data(), host::cells);
    ok(gwparam_scheme_restore(scheme.get(), host::dvdt, &forty) == GWPARAM_OK &&
           gwparam_scheme_restore(scheme.get(), "guard_mark", &mark) == GWPARAM_OK &&
           scheme.columns.step(scheme.get(), 0) == GWPARAM_OK &&
           scheme.columns.dudt[5] == 0.5 && scheme.columns.dvdt[5] == 0.5,
       "then complete: the flush gives what was restored");
    ok(scheme.columns.put(scheme.get(), 1) == GWPARAM_OK &&
           refused(gwparam_scheme_restore(scheme.get(), host::dudt, &forty),
                   GWPARAM_ERR_ARGUMENT, "before the first put"),
       "too late");

    Alone plain(0);
    std::int32_t carries = -1;
    ok(plain.columns.step(plain.get(), 0) == GWPARAM_OK &&
           gwparam_scheme_synchronise(plain.get(), &carries) == GWPARAM_OK &&
           carries == 0 &&
           refused(gwparam_scheme_save(plain.get(), host::dudt, &forty),
                   GWPARAM_ERR_CONTRACT, "expected one of none"),
       "without lag nothing is pending");
}

// New levels make new columns: what is pending was on others.
void test_levels_set_again() {
    Alone scheme(1);
    std::vector<double> values;
    const gwparam_array forty = on_levels(values, host::cells);
    bool good = scheme.columns.step(scheme.get(), 0) == GWPARAM_OK;
    const std::vector<double> first = scheme.columns.dudt;
    good = good && scheme.columns.set_up(scheme.get()) == GWPARAM_OK;
    ok(good && refused(gwparam_scheme_save(scheme.get(), host::dudt, &forty),
                       GWPARAM_ERR_ARGUMENT, "nothing is pending"),
       "levels set again drop what is pending");
    ok(scheme.columns.step(scheme.get(), 1) == GWPARAM_OK &&
           scheme.columns.dudt != first,
       "and the next flush gives its own");
    good = scheme.columns.step(scheme.get(), 2) == GWPARAM_OK;
    ok(good && refused(scheme.columns.set_up(scheme.get()), GWPARAM_ERR_ARGUMENT,
                       "levels cannot change while a result is on its way"),
       "but not while a result is on its way");
}

// A result that only some ranks have must not make them wait for each other.
void test_restored_on_one_rank() {
    for (const char *path : {"column", "global"}) {
        std::vector<Report> reports(3);
        std::vector<Report> next(3);
        run_ranks(3, [&](const gwparam_transport &transport) {
            const auto rank = static_cast<std::size_t>(transport.rank);
            Columns columns(host::bands(3)[rank]);
            gwparam_scheme *scheme =
                host::load(transport, path, options_of(1), reports[rank]);
            gwparam_status status = columns.set_up(scheme);
            File file = empty_file(true);
            if (rank == 1 && !restore(scheme, columns, file)) {
                status = GWPARAM_ERR_INTERNAL;
            }
            reports[rank] = host::report(status ? status : columns.step(scheme, 0));
            next[rank] = host::report(columns.step(scheme, 1));
            gwparam_scheme_free(scheme);
        });
        bool right = true;
        for (const Report &report : reports) {
            right &= refused(report.status, GWPARAM_ERR_ARGUMENT, "") &&
                     report.text == "some ranks carry a result and others do not: "
                                    "restore all";
        }
        for (const Report &report : next) {
            right &= report.status == GWPARAM_OK;
        }
        ok(right, (std::string(path) + ": restored on one rank alone").c_str());
    }
}

void test_statistics() {
    Alone first(1);
    gwparam_statistics saved{};
    bool good = true;
    for (int step = 0; step < 3; ++step) {
        good = good && first.columns.step(first.get(), step) == GWPARAM_OK;
    }
    good = good && gwparam_scheme_synchronise(first.get(), nullptr) == GWPARAM_OK &&
           gwparam_scheme_statistics(first.get(), &saved, sizeof saved) == GWPARAM_OK;
    Alone second(1);
    gwparam_statistics found{};
    good = good &&
           gwparam_scheme_restore_statistics(second.get(), &saved, sizeof saved) ==
               GWPARAM_OK &&
           second.columns.step(second.get(), 3) == GWPARAM_OK &&
           gwparam_scheme_statistics(second.get(), &found, sizeof found) == GWPARAM_OK;
    ok(good && saved.runs == 3 && saved.columns == 120 && found.runs == 4 &&
           found.columns == 160,
       "counters go on");
    saved.columns = -1;
    ok(refused(gwparam_scheme_restore_statistics(second.get(), &saved, sizeof saved),
               GWPARAM_ERR_ARGUMENT, "a counter is -1"),
       "a counter is not negative");
}

} // namespace

int main() {
    const fake::Artefacts artefacts;
    test_many();
    test_refusals();
    test_levels_set_again();
    test_restored_on_one_rank();
    test_statistics();
    return done_testing();
}

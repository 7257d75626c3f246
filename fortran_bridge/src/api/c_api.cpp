// Every extern "C" definition; exceptions stop here.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "api/boundary.hpp"
#include "api/turn.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "engine/targets.hpp"
#include "gwparam_transport.h"
#include "scheme/options.hpp"
#include "scheme/scheme.hpp"

struct gwparam_scheme {
    template <typename... Arguments>
    explicit gwparam_scheme(Arguments &&...arguments)
        : scheme(std::forward<Arguments>(arguments)...) {}

    gwparam::Scheme scheme;
    mutable gwparam::Turn turn;
};

namespace {

using gwparam::Error;
using gwparam::guarded;

template <typename T> T &given(T *pointer, const char *name) {
    if (pointer == nullptr) {
        throw Error(GWPARAM_ERR_ARGUMENT, std::string(name) + " is null");
    }
    return *pointer;
}

// The caller's struct, which may be older (shorter: then the defaults are zero) or
// newer (longer, then zero where this library knows no field).
gwparam_options known_part(const gwparam_options &options) {
    gwparam_options known{};
    if (options.struct_size < sizeof options.struct_size) {
        throw Error(GWPARAM_ERR_ARGUMENT, "options were not initialised");
    }
    const auto *bytes = reinterpret_cast<const unsigned char *>(&options);
    const std::size_t size = options.struct_size;
    const auto unknown =
        std::find_if(bytes + std::min(size, sizeof known), bytes + size,
                     [](unsigned char byte) { return byte != 0; });
    std::memcpy(&known, &options, std::min(size, sizeof known));
    if (unknown != bytes + size) {
        throw Error(GWPARAM_ERR_ARGUMENT, "options hold a setting that this version (" +
                                              std::string(GWPARAM_VERSION) +
                                              ") does not know");
    }
    return known;
}

gwparam_options chosen(const gwparam_options *options) {
    return options == nullptr ? gwparam::default_options() : known_part(*options);
}

void copy_text(const char *source, char *text, int64_t capacity) {
    if (capacity < 1) {
        throw Error(GWPARAM_ERR_ARGUMENT, "capacity is " + std::to_string(capacity) +
                                              ", expected at least 1");
    }
    std::strncpy(&given(text, "text"), source, static_cast<std::size_t>(capacity) - 1);
    text[capacity - 1] = '\0';
}

void check_room(const char *what, int64_t capacity, const std::string &text) {
    if (capacity <= static_cast<int64_t>(text.size())) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    std::string(what) + " is " + std::to_string(capacity) +
                        ", expected at least " + std::to_string(text.size() + 1));
    }
}

// Says how much room a text needs, and copies it where there is any.
void copy_whole(const std::string &source, char *text, int64_t capacity,
                int64_t *size) {
    given(size, "size") = static_cast<int64_t>(source.size()) + 1;
    if (capacity == 0) {
        return;
    }
    check_room("capacity", capacity, source);
    copy_text(source.c_str(), text, capacity);
}

// Whose open window or result a call goes on with: no other thread's.
enum class GoesOnWith { nothing, window, result };

// Every call on a handle. What it leaves behind is noted on every way out.
template <typename Handle, typename Body>
gwparam_status call(Handle *handle, GoesOnWith part, Body &&body) {
    return guarded([&] {
        auto &its = given(handle, "scheme");
        gwparam::Turn::Call turn(its.turn);
        if (part != GoesOnWith::nothing) {
            turn.check_window();
        }
        if (part == GoesOnWith::result) {
            turn.check_result();
        }
        struct Note {
            gwparam::Turn::Call &turn;
            const gwparam::Scheme &scheme;
            ~Note() { turn.leaves_window(scheme.has_open_window()); }
        } const note{turn, its.scheme};
        body(its.scheme, turn);
    });
}

// One that only looks.
template <typename Body>
gwparam_status look(const gwparam_scheme *handle, GoesOnWith part, Body &&body) {
    return call(handle, part,
                [&](const gwparam::Scheme &its, const auto &) { body(its); });
}

// For calls of one rank alone: the others learn of a failure in the next collective
// one.
template <typename Body>
gwparam_status call_locally(gwparam_scheme *handle, GoesOnWith part, Body &&body) {
    return call(handle, part, [&](gwparam::Scheme &its, const auto &) {
        its.locally([&] { body(its); });
    });
}

// Of all ranks, and of all that was put: the result is no single thread's.
template <typename Body>
gwparam_status call_together(gwparam_scheme *handle, GoesOnWith part, Body &&body) {
    return call(handle, part, [&](gwparam::Scheme &its, gwparam::Turn::Call &turn) {
        turn.leaves_result(false);
        body(its);
    });
}

} // namespace

gwparam_status gwparam_version(char *text, int64_t capacity) {
    return guarded([&] {
        if (capacity < static_cast<int64_t>(sizeof GWPARAM_VERSION)) {
            throw Error(GWPARAM_ERR_ARGUMENT,
                        "capacity is " + std::to_string(capacity) +
                            ", expected at least " +
                            std::to_string(sizeof GWPARAM_VERSION));
        }
        copy_text(GWPARAM_VERSION, text, capacity);
    });
}

gwparam_status gwparam_last_error(char *text, int64_t capacity) {
    return guarded([&] { copy_text(gwparam::last_error(), text, capacity); });
}

gwparam_status gwparam_fail(gwparam_status status, const char *text) {
    return text == nullptr ? status : gwparam::fail(status, text);
}

gwparam_status gwparam_multiply_add(int32_t dtype, int64_t count, int64_t *done,
                                    double *result) {
    return guarded([&] {
        gwparam::check_choice("dtype", dtype - GWPARAM_FLOAT32, 1);
        std::int64_t &n = given(done, "done");
        double &value = given(result, "result");
        const gwparam::Target target = gwparam::usable_targets().front();
        if (dtype == GWPARAM_FLOAT32) {
            float single = 0.0F;
            n = target.float32->multiply_add(count, &single);
            value = single;
        } else {
            n = target.float64->multiply_add(count, &value);
        }
    });
}

gwparam_status gwparam_units_conversion(const char *from, const char *wanted,
                                        double *scale, double *offset) {
    return guarded([&] {
        const auto found = gwparam::conversion(&given(from, "given"),
                                               &given(wanted, "wanted"), "a quantity");
        given(scale, "scale") = found.scale;
        given(offset, "offset") = found.offset;
    });
}

gwparam_status gwparam_options_init(gwparam_options *options, uint32_t struct_size) {
    return guarded([&] {
        gwparam_options defaults = gwparam::default_options();
        defaults.struct_size = struct_size;
        auto *bytes = reinterpret_cast<unsigned char *>(&given(options, "options"));
        std::memset(bytes, 0, struct_size);
        std::memcpy(bytes, &defaults,
                    std::min(static_cast<std::size_t>(struct_size), sizeof defaults));
    });
}

gwparam_status gwparam_scheme_load(gwparam_scheme **out, const char *path,
                                   const gwparam_options *options) {
    return guarded([&] {
        given(out, "out") = nullptr;
        given(path, "path");
        *out = new gwparam_scheme(path, chosen(options));
    });
}

gwparam_status gwparam_scheme_free(gwparam_scheme *scheme) {
    return guarded([&] {
        // In a forked child it stays: its threads, device and ranks are the parent's.
        if (scheme == nullptr || scheme->turn.is_forked()) {
            return;
        }
        gwparam::Turn::Call turn(scheme->turn);
        turn.ends();
        delete scheme;
    });
}

gwparam_status gwparam_scheme_contract(const gwparam_scheme *scheme, char *text,
                                       int64_t capacity, int64_t *size) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        copy_whole(its.contract_json(), text, capacity, size);
    });
}

gwparam_status gwparam_scheme_description(const gwparam_scheme *scheme, char *text,
                                          int64_t capacity, int64_t *size) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        copy_whole(its.description(), text, capacity, size);
    });
}

gwparam_status gwparam_scheme_sha256(const gwparam_scheme *scheme, char *text,
                                     int64_t capacity) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        check_room("capacity", capacity, its.sha256());
        copy_text(its.sha256().c_str(), text, capacity);
    });
}

gwparam_status gwparam_scheme_geometry(const gwparam_scheme *scheme,
                                       int32_t *geometry) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        given(geometry, "geometry") = its.geometry();
    });
}

gwparam_status gwparam_scheme_set_draw(gwparam_scheme *scheme, int64_t number) {
    return call_locally(scheme, GoesOnWith::nothing,
                        [&](gwparam::Scheme &its) { its.set_draw(number); });
}

gwparam_status gwparam_scheme_member(const gwparam_scheme *scheme, int64_t run,
                                     int64_t *member) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        given(member, "member") = its.member(run);
    });
}

gwparam_status gwparam_scheme_statistics(const gwparam_scheme *scheme,
                                         gwparam_statistics *statistics,
                                         uint32_t struct_size) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        gwparam_statistics current = its.statistics();
        current.struct_size = struct_size;
        std::memcpy(&given(statistics, "statistics"), &current,
                    std::min(static_cast<std::size_t>(struct_size), sizeof current));
    });
}

gwparam_status gwparam_scheme_guard(const gwparam_scheme *scheme, int64_t number,
                                    gwparam_guard_report *report, uint32_t struct_size,
                                    int64_t *levels, int64_t capacity,
                                    int64_t *n_levels) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        std::vector<int64_t> found;
        gwparam_guard_report current = its.guard(number, found);
        gwparam_guard_report &target = given(report, "report");
        given(n_levels, "n_levels") = static_cast<int64_t>(found.size());
        if (capacity > 0) {
            found.resize(static_cast<std::size_t>(capacity));
            std::copy(found.begin(), found.end(), &given(levels, "levels"));
        }
        current.struct_size = struct_size;
        std::memcpy(&target, &current,
                    std::min(static_cast<std::size_t>(struct_size), sizeof current));
    });
}

gwparam_status gwparam_scheme_trace(const gwparam_scheme *scheme, int32_t stage,
                                    uint64_t *sums, int64_t capacity) {
    return look(scheme, GoesOnWith::result, [&](const gwparam::Scheme &its) {
        const std::vector<std::uint64_t> &found = its.trace(stage);
        const auto columns = static_cast<int64_t>(found.size());
        if (capacity < columns) {
            throw gwparam::Error(GWPARAM_ERR_SHAPE,
                                 "there is room for " + std::to_string(capacity) +
                                     " sums, expected " + std::to_string(columns));
        }
        if (columns > 0) {
            std::copy(found.begin(), found.end(), &given(sums, "sums"));
        }
    });
}

gwparam_status gwparam_scheme_ranks(const gwparam_scheme *scheme, int32_t *rank,
                                    int32_t *ranks) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        given(rank, "rank") = its.rank();
        given(ranks, "ranks") = its.ranks();
    });
}

gwparam_status gwparam_scheme_gather(gwparam_scheme *scheme, const int64_t *mine,
                                     int64_t count, int64_t *all) {
    return call(scheme, GoesOnWith::nothing, [&](gwparam::Scheme &its, const auto &) {
        std::vector<int64_t> numbers;
        its.attempt([&] {
            if (count < 0) {
                throw Error(GWPARAM_ERR_ARGUMENT, "count is " + std::to_string(count) +
                                                      ", expected at least 0");
            }
            if (its.rank() == 0 && count > 0) {
                given(all, "all");
            }
            if (count > 0) {
                given(mine, "mine");
                numbers.assign(mine, mine + count);
            }
        });
        const std::vector<int64_t> gathered = its.gather(numbers);
        std::copy(gathered.begin(), gathered.end(), all);
    });
}

gwparam_status gwparam_scheme_set_levels(gwparam_scheme *scheme, int32_t order,
                                         int64_t nlev, const double *pressure) {
    return call_locally(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        its.set_levels(order, nlev, pressure);
    });
}

gwparam_status gwparam_scheme_set_columns(gwparam_scheme *scheme,
                                          const gwparam_array *latitude,
                                          const gwparam_array *longitude,
                                          const char *units) {
    return call_together(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        its.set_columns(latitude, longitude, units);
    });
}

gwparam_status gwparam_scheme_set_cells(gwparam_scheme *scheme, const double *latitude,
                                        int64_t n_latitude, const double *longitude,
                                        int64_t n_longitude, const char *units,
                                        const int64_t *cell, int64_t columns) {
    return call_together(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        its.set_cells({latitude, n_latitude}, {longitude, n_longitude}, units,
                      {cell, columns});
    });
}

gwparam_status gwparam_scheme_field(const gwparam_scheme *scheme, int32_t kind,
                                    int64_t number, char *name, int64_t name_capacity,
                                    char *units, int64_t units_capacity,
                                    int64_t *levels) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        const gwparam::FieldContract field = its.field(kind, number);
        check_room("name_capacity", name_capacity, field.name);
        check_room("units_capacity", units_capacity, field.units);
        given(levels, "levels") = field.levels;
        copy_text(field.name.c_str(), name, name_capacity);
        copy_text(field.units.c_str(), units, units_capacity);
    });
}

gwparam_status gwparam_scheme_put(gwparam_scheme *scheme, const char *name,
                                  const char *units, const gwparam_array *array) {
    return call_locally(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        its.put(&given(name, "name"), units, array);
    });
}

gwparam_status gwparam_scheme_set_native(gwparam_scheme *scheme,
                                         gwparam_native_procedure procedure,
                                         void *context) {
    return call_locally(scheme, GoesOnWith::nothing, [&](gwparam::Scheme &its) {
        its.set_native(procedure, context);
    });
}

gwparam_status gwparam_scheme_put_place(gwparam_scheme *scheme,
                                        const gwparam_array *latitude,
                                        const gwparam_array *longitude,
                                        const char *units, const char *date) {
    return call_locally(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        its.put_place(latitude, longitude, units, date);
    });
}

gwparam_status gwparam_scheme_add_columns(gwparam_scheme *scheme, int64_t *window) {
    return call_locally(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        const int64_t number = its.add_columns();
        if (window != nullptr) {
            *window = number;
        }
    });
}

gwparam_status gwparam_scheme_flush(gwparam_scheme *scheme) {
    return call_together(scheme, GoesOnWith::window,
                         [](gwparam::Scheme &its) { its.flush(); });
}

gwparam_status gwparam_scheme_run(gwparam_scheme *scheme) {
    return call(scheme, GoesOnWith::window,
                [](gwparam::Scheme &its, gwparam::Turn::Call &turn) {
                    turn.leaves_result(true);
                    its.close_and_flush();
                });
}

gwparam_status gwparam_scheme_discard(gwparam_scheme *scheme) {
    return call(scheme, GoesOnWith::nothing,
                [](gwparam::Scheme &its, const auto &) { its.begin_afresh(); });
}

gwparam_status gwparam_scheme_get(const gwparam_scheme *scheme, int64_t window,
                                  const char *name, const char *units,
                                  const gwparam_array *array) {
    return look(scheme, GoesOnWith::result, [&](const gwparam::Scheme &its) {
        its.get(window, &given(name, "name"), units, array);
    });
}

gwparam_status gwparam_scheme_synchronise(gwparam_scheme *scheme, int32_t *carries) {
    return call_together(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        const bool found = its.synchronise();
        if (carries != nullptr) {
            *carries = found ? 1 : 0;
        }
    });
}

gwparam_status gwparam_scheme_settle(gwparam_scheme *scheme, int32_t *carries) {
    return gwparam_scheme_synchronise(scheme, carries);
}

gwparam_status gwparam_scheme_save(const gwparam_scheme *scheme, const char *name,
                                   const gwparam_array *array) {
    return look(scheme, GoesOnWith::nothing, [&](const gwparam::Scheme &its) {
        its.save(&given(name, "name"), array);
    });
}

gwparam_status gwparam_scheme_restore(gwparam_scheme *scheme, const char *name,
                                      const gwparam_array *array) {
    return call_locally(scheme, GoesOnWith::window, [&](gwparam::Scheme &its) {
        its.restore(&given(name, "name"), array);
    });
}

gwparam_status gwparam_scheme_restore_statistics(gwparam_scheme *scheme,
                                                 const gwparam_statistics *statistics,
                                                 uint32_t struct_size) {
    return call(scheme, GoesOnWith::nothing, [&](gwparam::Scheme &its, const auto &) {
        gwparam_statistics known{};
        std::memcpy(&known, &given(statistics, "statistics"),
                    std::min(static_cast<std::size_t>(struct_size), sizeof known));
        its.restore_statistics(known);
    });
}

gwparam_status gwparam_scheme_load_distributed(gwparam_scheme **out, const char *path,
                                               const gwparam_options *options,
                                               const gwparam_transport *transport) {
    return guarded([&] {
        // From here on the transport's context is freed on every way out.
        gwparam::Communicator communicator(given(transport, "transport"));
        communicator.together([&] {
            given(out, "out") = nullptr;
            given(path, "path");
        });
        gwparam_options mine{};
        communicator.together([&] { mine = chosen(options); });
        *out = new gwparam_scheme(path, mine, std::move(communicator));
    });
}

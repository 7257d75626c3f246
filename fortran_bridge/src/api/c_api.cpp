// Every extern "C" definition; exceptions stop here.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "api/boundary.hpp"
#include "base/error.hpp"
#include "base/units.hpp"
#include "gwparam_transport.h"
#include "scheme/options.hpp"
#include "scheme/scheme.hpp"

struct gwparam_scheme {
    gwparam::Scheme scheme;
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
    if (unknown != bytes + size || known.reserved != 0 || known.reserved2 != 0) {
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

// For calls of one rank alone: the others learn of a failure in the next collective
// one.
template <typename Body>
gwparam_status guarded_locally(gwparam_scheme *scheme, Body &&body) {
    return guarded([&] {
        gwparam::Scheme &its = given(scheme, "scheme").scheme;
        its.locally([&] { body(its); });
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
        *out = new gwparam_scheme{gwparam::Scheme(path, chosen(options))};
    });
}

void gwparam_scheme_free(gwparam_scheme *scheme) {
    const gwparam_status status = guarded([&] { delete scheme; });
    static_cast<void>(status);
}

gwparam_status gwparam_scheme_contract(const gwparam_scheme *scheme, char *text,
                                       int64_t capacity, int64_t *size) {
    return guarded([&] {
        const std::string &json = given(scheme, "scheme").scheme.contract_json();
        const auto needed = static_cast<int64_t>(json.size()) + 1;
        given(size, "size") = needed;
        if (capacity == 0) {
            return;
        }
        if (capacity < needed) {
            throw Error(GWPARAM_ERR_ARGUMENT,
                        "capacity is " + std::to_string(capacity) +
                            ", expected at least " + std::to_string(needed));
        }
        copy_text(json.c_str(), text, capacity);
    });
}

gwparam_status gwparam_scheme_geometry(const gwparam_scheme *scheme,
                                       int32_t *geometry) {
    return guarded([&] {
        given(geometry, "geometry") = given(scheme, "scheme").scheme.geometry();
    });
}

gwparam_status gwparam_scheme_statistics(const gwparam_scheme *scheme,
                                         gwparam_statistics *statistics,
                                         uint32_t struct_size) {
    return guarded([&] {
        gwparam_statistics current = given(scheme, "scheme").scheme.statistics();
        current.struct_size = struct_size;
        std::memcpy(&given(statistics, "statistics"), &current,
                    std::min(static_cast<std::size_t>(struct_size), sizeof current));
    });
}

gwparam_status gwparam_scheme_set_levels(gwparam_scheme *scheme, int32_t order,
                                         int64_t nlev, const double *pressure) {
    return guarded_locally(
        scheme, [&](gwparam::Scheme &its) { its.set_levels(order, nlev, pressure); });
}

gwparam_status gwparam_scheme_set_columns(gwparam_scheme *scheme,
                                          const gwparam_array *latitude,
                                          const gwparam_array *longitude,
                                          const char *units) {
    return guarded([&] {
        given(scheme, "scheme").scheme.set_columns(latitude, longitude, units);
    });
}

gwparam_status gwparam_scheme_set_cells(gwparam_scheme *scheme, const double *latitude,
                                        int64_t n_latitude, const double *longitude,
                                        int64_t n_longitude, const char *units,
                                        const int64_t *cell, int64_t columns) {
    return guarded([&] {
        given(scheme, "scheme")
            .scheme.set_cells({latitude, n_latitude}, {longitude, n_longitude}, units,
                              {cell, columns});
    });
}

gwparam_status gwparam_scheme_field(const gwparam_scheme *scheme, int32_t kind,
                                    int64_t number, char *name, int64_t name_capacity,
                                    char *units, int64_t units_capacity,
                                    int64_t *levels) {
    return guarded([&] {
        const gwparam::FieldContract field =
            given(scheme, "scheme").scheme.field(kind, number);
        check_room("name_capacity", name_capacity, field.name);
        check_room("units_capacity", units_capacity, field.units);
        given(levels, "levels") = field.levels;
        copy_text(field.name.c_str(), name, name_capacity);
        copy_text(field.units.c_str(), units, units_capacity);
    });
}

gwparam_status gwparam_scheme_put(gwparam_scheme *scheme, const char *name,
                                  const char *units, const gwparam_array *array) {
    return guarded_locally(scheme, [&](gwparam::Scheme &its) {
        its.put(&given(name, "name"), units, array);
    });
}

gwparam_status gwparam_scheme_add_columns(gwparam_scheme *scheme, int64_t *window) {
    return guarded_locally(scheme, [&](gwparam::Scheme &its) {
        const int64_t number = its.add_columns();
        if (window != nullptr) {
            *window = number;
        }
    });
}

gwparam_status gwparam_scheme_flush(gwparam_scheme *scheme) {
    return guarded([&] { given(scheme, "scheme").scheme.flush(); });
}

gwparam_status gwparam_scheme_run(gwparam_scheme *scheme) {
    return guarded([&] {
        gwparam::Scheme &its = given(scheme, "scheme").scheme;
        its.close_and_flush();
    });
}

gwparam_status gwparam_scheme_discard(gwparam_scheme *scheme) {
    return guarded([&] { given(scheme, "scheme").scheme.begin_afresh(); });
}

gwparam_status gwparam_scheme_get(const gwparam_scheme *scheme, int64_t window,
                                  const char *name, const char *units,
                                  const gwparam_array *array) {
    return guarded([&] {
        given(scheme, "scheme").scheme.get(window, &given(name, "name"), units, array);
    });
}

gwparam_status gwparam_scheme_synchronise(gwparam_scheme *scheme, int32_t *carries) {
    return guarded([&] {
        const bool found = given(scheme, "scheme").scheme.synchronise();
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
    return guarded(
        [&] { given(scheme, "scheme").scheme.save(&given(name, "name"), array); });
}

gwparam_status gwparam_scheme_restore(gwparam_scheme *scheme, const char *name,
                                      const gwparam_array *array) {
    return guarded_locally(scheme, [&](gwparam::Scheme &its) {
        its.restore(&given(name, "name"), array);
    });
}

gwparam_status gwparam_scheme_restore_statistics(gwparam_scheme *scheme,
                                                 const gwparam_statistics *statistics,
                                                 uint32_t struct_size) {
    return guarded([&] {
        gwparam_statistics known{};
        std::memcpy(&known, &given(statistics, "statistics"),
                    std::min(static_cast<std::size_t>(struct_size), sizeof known));
        given(scheme, "scheme").scheme.restore_statistics(known);
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
        *out = new gwparam_scheme{gwparam::Scheme(path, mine, std::move(communicator))};
    });
}

// Every extern "C" definition; exceptions stop here.
#include <algorithm>
#include <cstring>
#include <string>

#include "boundary.hpp"
#include "error.hpp"
#include "gwparam.h"
#include "scheme.hpp"
#include "units.hpp"

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

// The caller's struct, which may be older (shorter) or newer (longer, then zero where
// this library knows no field).
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
    if (unknown != bytes + size || options.reserved != 0) {
        throw Error(GWPARAM_ERR_ARGUMENT, "options hold a setting that this version (" +
                                              std::string(GWPARAM_VERSION) +
                                              ") does not know");
    }
    std::memcpy(&known, &options, std::min(size, sizeof known));
    return known;
}

void copy_text(const char *source, char *text, int64_t capacity) {
    if (capacity < 1) {
        throw Error(GWPARAM_ERR_ARGUMENT, "capacity is " + std::to_string(capacity) +
                                              ", expected at least 1");
    }
    std::strncpy(&given(text, "text"), source, static_cast<std::size_t>(capacity) - 1);
    text[capacity - 1] = '\0';
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
        gwparam_options defaults{};
        defaults.struct_size = struct_size;
        defaults.on_range = GWPARAM_GUARD_IGNORE;
        std::strcpy(defaults.device, "auto");
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
        gwparam_options chosen{};
        chosen.on_range = GWPARAM_GUARD_IGNORE;
        std::strcpy(chosen.device, "auto");
        if (options != nullptr) {
            chosen = known_part(*options);
        }
        *out = new gwparam_scheme{gwparam::Scheme(path, chosen)};
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
    return guarded(
        [&] { given(scheme, "scheme").scheme.set_levels(order, nlev, pressure); });
}

gwparam_status gwparam_scheme_set_columns(gwparam_scheme *scheme,
                                          const gwparam_array *latitude,
                                          const gwparam_array *longitude,
                                          const char *units) {
    return guarded([&] {
        given(scheme, "scheme").scheme.set_columns(latitude, longitude, units);
    });
}

gwparam_status gwparam_scheme_put(gwparam_scheme *scheme, const char *name,
                                  const char *units, const gwparam_array *array) {
    return guarded([&] {
        given(scheme, "scheme").scheme.put(&given(name, "name"), units, array);
    });
}

gwparam_status gwparam_scheme_add_columns(gwparam_scheme *scheme, int64_t *window) {
    return guarded([&] {
        const int64_t number = given(scheme, "scheme").scheme.add_columns();
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
        given(scheme, "scheme").scheme.add_columns();
        scheme->scheme.flush();
    });
}

gwparam_status gwparam_scheme_discard(gwparam_scheme *scheme) {
    return guarded([&] { given(scheme, "scheme").scheme.discard(); });
}

gwparam_status gwparam_scheme_get(const gwparam_scheme *scheme, int64_t window,
                                  const char *name, const char *units,
                                  const gwparam_array *array) {
    return guarded([&] {
        given(scheme, "scheme").scheme.get(window, &given(name, "name"), units, array);
    });
}

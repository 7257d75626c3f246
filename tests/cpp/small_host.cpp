#include "small_host.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <random>

namespace host {

namespace {

constexpr double pressures[nlev] = {1e3, 3e4, 9e4};

// Factors of `ranks` whose product it is, as square as can be.
int factor_of(int ranks) {
    int factor = 1;
    for (int i = 1; i * i <= ranks; ++i) {
        factor = ranks % i == 0 ? i : factor;
    }
    return factor;
}

Decomposition with_rank(int ranks,
                        const std::function<std::int64_t(std::int64_t)> &of) {
    Decomposition decomposition(static_cast<std::size_t>(ranks));
    for (std::int64_t cell = 0; cell < cells; ++cell) {
        decomposition[static_cast<std::size_t>(of(cell))].push_back(cell);
    }
    return decomposition;
}

// A field's part of one window, on levels or at the surface.
gwparam_array part(std::vector<double> &values, std::int64_t first, std::int64_t last,
                   int levels) {
    return array_of(values.data() + first * std::max(levels, 1), last - first, levels);
}

} // namespace

std::vector<double> latitudes() { return {-80.0, -40.0, 0.0, 40.0, 80.0}; }

std::vector<double> longitudes() {
    std::vector<double> values;
    for (std::int64_t place = 0; place < length; ++place) {
        values.push_back(45.0 * static_cast<double>(place));
    }
    return values;
}

double u_at(std::int64_t cell, int level, int step) {
    return static_cast<double>(cell + 100 * level + 7 * step * (cell % 3 + 1));
}
double v_at(std::int64_t cell, int level, int step) {
    return static_cast<double>(5 * cell - 60 * level - 11 * step);
}
double ps_at(std::int64_t cell, int step) {
    return static_cast<double>(64 * (1000 + 3 * cell + step));
}

Decomposition bands(int ranks) {
    return with_rank(ranks, [&](std::int64_t cell) { return cell * ranks / cells; });
}

Decomposition blocks(int ranks) {
    const int down = factor_of(ranks);
    const int across = ranks / down;
    return with_rank(ranks, [&](std::int64_t cell) {
        return cell / length * down / rows * across + cell % length * across / length;
    });
}

Decomposition scattered(int ranks) {
    Cells order(cells);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(2026));
    Decomposition decomposition(static_cast<std::size_t>(ranks));
    for (std::size_t i = 0; i < order.size(); ++i) {
        decomposition[i % static_cast<std::size_t>(ranks)].push_back(order[i]);
    }
    return decomposition;
}

Decomposition on_odd_ranks(int ranks) {
    const int odd = std::max(1, ranks / 2);
    return with_rank(ranks, [&](std::int64_t cell) {
        return std::min<std::int64_t>(ranks - 1, 2 * (cell % odd) + 1);
    });
}

gwparam_array array_of(double *data, std::int64_t columns, int levels) {
    static double nowhere = 0.0; // columns that are not there still have an address
    gwparam_array array{};
    array.data = data == nullptr ? &nowhere : data;
    array.dtype = GWPARAM_FLOAT64;
    array.rank = levels > 0 ? 2 : 1;
    array.shape[0] = columns;
    array.shape[1] = levels;
    array.stride[0] = std::max(levels, 1);
    array.stride[1] = 1;
    return array;
}

gwparam_status Columns::set_up(gwparam_scheme *scheme) const {
    std::vector<double> latitude;
    std::vector<double> longitude;
    for (const std::int64_t cell : cells_) {
        latitude.push_back(latitudes()[static_cast<std::size_t>(cell / length)]);
        // From -180 on, as some hosts count.
        longitude.push_back(longitudes()[static_cast<std::size_t>(cell % length)] -
                            (cell % 2 == 0 ? 0.0 : 360.0));
    }
    const auto columns = static_cast<std::int64_t>(cells_.size());
    const gwparam_array lat = array_of(latitude.data(), columns);
    const gwparam_array lon = array_of(longitude.data(), columns);
    const gwparam_status status =
        gwparam_scheme_set_levels(scheme, GWPARAM_TOP_DOWN, nlev, pressures);
    return status != GWPARAM_OK
               ? status
               : gwparam_scheme_set_columns(scheme, &lat, &lon, "degrees");
}

gwparam_status Columns::set_places_by_cell(gwparam_scheme *scheme) const {
    const std::vector<double> latitude = latitudes();
    const std::vector<double> longitude = longitudes();
    return gwparam_scheme_set_cells(scheme, latitude.data(), rows, longitude.data(),
                                    length, nullptr, cells_.data(),
                                    static_cast<std::int64_t>(cells_.size()));
}

gwparam_status Columns::put(gwparam_scheme *scheme, int step, int windows) {
    std::vector<double> wind[2];
    std::vector<double> pressure;
    for (const std::int64_t cell : cells_) {
        std::vector<double> profile;
        for (int level = 0; level < nlev; ++level) {
            profile.push_back(u_at(cell, level, step));
            wind[1].push_back(v_at(cell, level, step));
        }
        if (change) {
            change(cell, profile);
        }
        wind[0].insert(wind[0].end(), profile.begin(), profile.end());
        pressure.push_back(ps_at(cell, step));
    }
    for (int window = 0; window < windows; ++window) {
        const std::int64_t first = first_of(window, windows);
        const std::int64_t last = first_of(window + 1, windows);
        const gwparam_array arrays[] = {part(wind[0], first, last, nlev),
                                        part(wind[1], first, last, nlev),
                                        part(pressure, first, last, 0)};
        gwparam_status status = gwparam_scheme_put(scheme, u, "m s-1", &arrays[0]);
        status = status ? status : gwparam_scheme_put(scheme, v, nullptr, &arrays[1]);
        status = status ? status : gwparam_scheme_put(scheme, ps, "Pa", &arrays[2]);
        status = status ? status : gwparam_scheme_add_columns(scheme, nullptr);
        if (status != GWPARAM_OK) {
            return status;
        }
    }
    return GWPARAM_OK;
}

gwparam_status Columns::get(gwparam_scheme *scheme, int windows) {
    for (int window = 0; window < windows; ++window) {
        const std::int64_t first = first_of(window, windows);
        const std::int64_t last = first_of(window + 1, windows);
        const gwparam_array east = part(dudt, first, last, nlev);
        const gwparam_array north = part(dvdt, first, last, nlev);
        gwparam_status status =
            gwparam_scheme_get(scheme, window + 1, host::dudt, nullptr, &east);
        status = status ? status
                        : gwparam_scheme_get(scheme, window + 1, host::dvdt, nullptr,
                                             &north);
        if (status != GWPARAM_OK) {
            return status;
        }
    }
    return GWPARAM_OK;
}

gwparam_status Columns::step(gwparam_scheme *scheme, int step, int windows) {
    // The others wait in flush for a rank whose put failed.
    const gwparam_status local = put(scheme, step, windows);
    const gwparam_status all = gwparam_scheme_flush(scheme);
    if (local != GWPARAM_OK || all != GWPARAM_OK) {
        return all;
    }
    return get(scheme, windows);
}

Report report(gwparam_status status) {
    char text[1024] = "";
    const bool is_told =
        status == GWPARAM_OK || gwparam_last_error(text, sizeof text) == GWPARAM_OK;
    return {status, is_told ? text : "no message"};
}

gwparam_options defaults() {
    gwparam_options options{};
    if (gwparam_options_init(&options, sizeof options) != GWPARAM_OK) {
        std::abort();
    }
    options.chunk_columns = 16;
    return options;
}

gwparam_scheme *load(const gwparam_transport &transport, const char *path,
                     const gwparam_options &options, Report &found) {
    gwparam_scheme *scheme = nullptr;
    found =
        report(gwparam_scheme_load_distributed(&scheme, path, &options, &transport));
    return scheme;
}

void Globe::take(const Columns &columns) {
    for (std::size_t i = 0; i < columns.cells().size(); ++i) {
        const auto cell = static_cast<std::size_t>(columns.cells()[i]);
        std::copy_n(columns.dudt.begin() + static_cast<std::ptrdiff_t>(i * nlev), nlev,
                    dudt.begin() + static_cast<std::ptrdiff_t>(cell * nlev));
        std::copy_n(columns.dvdt.begin() + static_cast<std::ptrdiff_t>(i * nlev), nlev,
                    dvdt.begin() + static_cast<std::ptrdiff_t>(cell * nlev));
    }
}

bool Globe::operator==(const Globe &other) const {
    const std::size_t bytes = dudt.size() * sizeof(double);
    return std::memcmp(dudt.data(), other.dudt.data(), bytes) == 0 &&
           std::memcmp(dvdt.data(), other.dvdt.data(), bytes) == 0;
}

} // namespace host

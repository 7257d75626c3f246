#include "scheme.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "error.hpp"
#include "probe.hpp"

namespace gwparam {

namespace {

constexpr std::int32_t default_chunk_columns = 512;

// Rows of this many columns keep every chunk in 64-byte alignment.
constexpr std::int32_t chunk_multiple = 16;

[[noreturn]] void reject_argument(const std::string &message) {
    throw Error(GWPARAM_ERR_ARGUMENT, message);
}

void check_policy(const char *name, std::int32_t policy) {
    if (policy < GWPARAM_GUARD_ERROR || policy > GWPARAM_GUARD_IGNORE) {
        reject_argument(std::string(name) + " is " + std::to_string(policy) +
                        ", expected 0 to 3");
    }
}

gwparam_options checked(gwparam_options options) {
    options.threads = options.threads == 0 ? 1 : options.threads;
    if (options.threads < 1) {
        reject_argument("threads is " + std::to_string(options.threads) +
                        ", expected at least 0");
    }
    if (options.chunk_columns == 0) {
        options.chunk_columns = default_chunk_columns;
    }
    if (options.chunk_columns < 0 || options.chunk_columns % chunk_multiple != 0) {
        reject_argument("chunk_columns is " + std::to_string(options.chunk_columns) +
                        ", expected a multiple of " + std::to_string(chunk_multiple));
    }
    check_policy("on_limit", options.on_limit);
    check_policy("on_range", options.on_range);
    if (options.on_range != GWPARAM_GUARD_IGNORE && !(options.range_sigmas > 0.0)) {
        reject_argument("range_sigmas is " + std::to_string(options.range_sigmas) +
                        ", expected a positive number where on_range is not ignore");
    }
    if (std::memchr(options.device, '\0', sizeof options.device) == nullptr) {
        reject_argument("device has no terminating NUL");
    }
    return options;
}

std::size_t find_field(const std::vector<FieldContract> &fields,
                       const std::string &name, const char *kind) {
    std::string known;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) {
            return i;
        }
        known += (i == 0 ? "" : ", ") + fields[i].name;
    }
    throw Error(GWPARAM_ERR_CONTRACT,
                name + " is no " + kind + " of the network, expected one of " + known);
}

Conversion host_to_network(const char *units, const FieldContract &field) {
    return conversion(units == nullptr ? field.units : units, field.units, field.name);
}

Conversion network_to_host(const FieldContract &field, const char *units) {
    return conversion(field.units, units == nullptr ? field.units : units, field.name);
}

void check_order(const double *pressure, std::int64_t nlev, bool top_down) {
    for (std::int64_t k = 0; k < nlev; ++k) {
        const bool ordered = k == 0 || (top_down ? pressure[k] > pressure[k - 1]
                                                 : pressure[k] < pressure[k - 1]);
        if (!(pressure[k] > 0.0) || !std::isfinite(pressure[k]) || !ordered) {
            std::ostringstream text;
            text << "the pressure of level " << k + 1 << " (counted from 1) is "
                 << pressure[k] << " Pa";
            if (k > 0) {
                text << " after " << pressure[k - 1] << " Pa";
            }
            text << ", expected positive values that "
                 << (top_down ? "increase (top down)" : "decrease (bottom up)");
            throw Error(GWPARAM_ERR_ARGUMENT, text.str());
        }
    }
}

void check_nominal(const Vertical &vertical, const double *pressure, bool top_down) {
    const bool flip = top_down != vertical.top_down;
    const auto n_nominal = static_cast<std::int64_t>(vertical.nominal_pressure.size());
    for (std::int64_t k = 0; k < n_nominal; ++k) {
        const auto network_level =
            static_cast<std::size_t>(flip ? n_nominal - 1 - k : k);
        const double nominal = vertical.nominal_pressure[network_level];
        if (std::abs(pressure[k] / nominal - 1.0) > vertical.nominal_tolerance) {
            std::ostringstream text;
            text << "the pressure of level " << k + 1 << " (counted from 1) is "
                 << pressure[k] << " Pa, expected " << nominal << " Pa within "
                 << 100.0 * vertical.nominal_tolerance << " %";
            throw Error(GWPARAM_ERR_CONTRACT, text.str());
        }
    }
}

} // namespace

Scheme::Scheme(const std::string &path, const gwparam_options &options)
    : options_(checked(options)),
      backend_(load_torch_backend(path, options_.device, options_.threads)),
      contract_(parse_contract(backend_->contract_json())),
      horizontal_(contract_, options_.chunk_columns) {
    check_probe(contract_, *backend_, options_.chunk_columns);
}

void Scheme::set_levels(std::int32_t order, std::int64_t nlev, const double *pressure) {
    if (order != GWPARAM_TOP_DOWN && order != GWPARAM_BOTTOM_UP) {
        reject_argument("order is " + std::to_string(order) +
                        ", expected 1 (top down) or 2 (bottom up)");
    }
    if (pressure == nullptr) {
        reject_argument("pressure is null");
    }
    const Vertical &vertical = contract_.vertical;
    if (vertical.kind == VerticalKind::host && nlev != vertical.nlev) {
        throw Error(GWPARAM_ERR_SHAPE, "the host has " + std::to_string(nlev) +
                                           " levels, expected " +
                                           std::to_string(vertical.nlev));
    }
    if (nlev < 1) {
        throw Error(GWPARAM_ERR_SHAPE, "the host has " + std::to_string(nlev) +
                                           " levels, expected at least 1");
    }
    const bool top_down = order == GWPARAM_TOP_DOWN;
    check_order(pressure, nlev, top_down);
    check_nominal(vertical, pressure, top_down);
    vertical_.emplace(contract_, nlev);
    flip_ = top_down != vertical_->host_top_down();
    host_in_ = rows_for(vertical_->host_inputs());
    host_out_ = rows_for(vertical_->host_outputs());
    network_in_ = rows_for(contract_.inputs);
    network_out_ = rows_for(contract_.outputs);
    given_.assign(host_in_.size(), false);
    discard();
}

void Scheme::set_columns(const gwparam_array *latitude, const gwparam_array *longitude,
                         const char *units) {
    Rows degrees[2] = {{Dtype::float64, 1}, {Dtype::float64, 1}};
    const gwparam_array *arrays[2] = {latitude, longitude};
    const char *names[2] = {"latitude", "longitude"};
    for (int i = 0; i < 2; ++i) {
        const HostArray host = checked_array(arrays[i], 0, names[i]);
        degrees[i].resize(host.columns());
        pack(host, false,
             conversion(units == nullptr ? "degrees" : units, "degrees", names[i]),
             names[i], degrees[i], 0);
    }
    if (degrees[0].count() != degrees[1].count()) {
        throw Error(GWPARAM_ERR_SHAPE,
                    "longitude has " + std::to_string(degrees[1].count()) +
                        " values, expected the " + std::to_string(degrees[0].count()) +
                        " of latitude");
    }
    horizontal_.set_columns(reinterpret_cast<const double *>(degrees[0].row(0)),
                            reinterpret_cast<const double *>(degrees[1].row(0)),
                            degrees[0].count());
}

void Scheme::put(const std::string &name, const char *units,
                 const gwparam_array *array) {
    if (flushed_) {
        discard();
    }
    try {
        pack_input(name, units, array);
    } catch (...) {
        discard();
        throw;
    }
}

void Scheme::pack_input(const std::string &name, const char *units,
                        const gwparam_array *array) {
    const std::size_t i = find_field(host_inputs(), name, "input");
    const FieldContract &field = host_inputs()[i];
    const HostArray host = checked_array(array, field.levels, field.name);
    if (!open_) {
        open_window(host);
    }
    if (given_[i]) {
        reject_argument(name + " was put twice into one window");
    }
    if (host.horizontal_shape() != open_->horizontal_shape) {
        throw Error(GWPARAM_ERR_SHAPE, name + " has horizontal shape " +
                                           shape_text(host.horizontal_shape()) +
                                           ", expected " +
                                           shape_text(open_->horizontal_shape));
    }
    Rows &rows = host_in_[i];
    rows.resize(open_->first + open_->columns);
    pack(host, flip_, host_to_network(units, field), field.name, rows, open_->first);
    given_[i] = true;
}

void Scheme::open_window(const HostArray &host) {
    Window window;
    if (!windows_.empty()) {
        window.first = windows_.back().first + windows_.back().columns;
    }
    window.columns = host.columns();
    window.horizontal_shape = host.horizontal_shape();
    open_ = window;
}

std::int64_t Scheme::add_columns() {
    for (std::size_t i = 0; i < given_.size(); ++i) {
        if (!given_[i]) {
            discard();
            reject_argument(host_inputs()[i].name + " was not put into the window");
        }
    }
    windows_.push_back(*open_);
    open_.reset();
    std::fill(given_.begin(), given_.end(), false);
    return static_cast<std::int64_t>(windows_.size());
}

void Scheme::flush() {
    if (open_ || windows_.empty() || flushed_) {
        discard();
        reject_argument("there is no closed window to run, or one is open");
    }
    const std::int64_t columns = windows_.back().first + windows_.back().columns;
    marks_.assign(static_cast<std::size_t>(columns), column_passes);
    try {
        run_stages(columns);
    } catch (...) {
        discard();
        throw;
    }
    const auto guarded =
        columns - std::count(marks_.begin(), marks_.end(), column_passes);
    zero_marked_columns();
    statistics_.runs += 1;
    statistics_.columns += columns;
    statistics_.guarded_columns += guarded;
    statistics_.guarded_columns_last_run = guarded;
    flushed_ = true;
}

void Scheme::run_stages(std::int64_t columns) {
    const bool network_top_down = contract_.vertical.top_down;
    vertical_->to_network(host_in_, columns, network_in_);
    mark_out_of_range(contract_.inputs, network_in_, network_top_down,
                      options_.range_sigmas, options_.on_range, marks_);
    horizontal_.run(*backend_, network_in_, columns, network_out_);
    vertical_->to_host(host_in_, network_out_, columns, host_out_);
    mark_beyond_limits(vertical_->host_outputs(), host_out_, vertical_->host_top_down(),
                       options_.on_limit, marks_);
}

const std::vector<FieldContract> &Scheme::host_inputs() const {
    if (!vertical_) {
        reject_argument("the host's levels are not set");
    }
    return vertical_->host_inputs();
}

void Scheme::zero_marked_columns() {
    for (std::size_t column = 0; column < marks_.size(); ++column) {
        if (marks_[column] != column_zeroed) {
            continue;
        }
        for (Rows &rows : host_out_) {
            std::memset(rows.row(static_cast<std::int64_t>(column)), 0,
                        static_cast<std::size_t>(rows.row_bytes()));
        }
        marks_[column] = column_passes; // get() hands the zeros out
    }
}

void Scheme::discard() {
    windows_.clear();
    open_.reset();
    std::fill(given_.begin(), given_.end(), false);
    flushed_ = false;
}

void Scheme::get(std::int64_t window, const std::string &name, const char *units,
                 const gwparam_array *array) const {
    if (!flushed_) {
        reject_argument("nothing was run since the last put");
    }
    const auto n_windows = static_cast<std::int64_t>(windows_.size());
    if (window < 1 || window > n_windows) {
        reject_argument("window is " + std::to_string(window) + ", expected 1 to " +
                        std::to_string(n_windows));
    }
    const Window &wanted = windows_[static_cast<std::size_t>(window - 1)];
    const std::size_t i = find_field(vertical_->host_outputs(), name, "output");
    const FieldContract &field = vertical_->host_outputs()[i];
    const HostArray host = checked_array(array, field.levels, field.name);
    if (host.horizontal_shape() != wanted.horizontal_shape) {
        throw Error(GWPARAM_ERR_SHAPE, name + " has horizontal shape " +
                                           shape_text(host.horizontal_shape()) +
                                           ", expected " +
                                           shape_text(wanted.horizontal_shape));
    }
    unpack(host_out_[i], wanted.first, flip_, network_to_host(field, units),
           marks_.data() + wanted.first, host);
}

gwparam_statistics Scheme::statistics() const {
    gwparam_statistics statistics = statistics_;
    statistics.on_cuda = backend_->on_cuda() ? 1 : 0;
    statistics.staging_bytes = horizontal_.bytes() + bytes_of(host_in_) +
                               bytes_of(host_out_) + bytes_of(network_in_) +
                               bytes_of(network_out_);
    return statistics;
}

} // namespace gwparam

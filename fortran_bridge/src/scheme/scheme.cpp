#include "scheme/scheme.hpp"

#include <algorithm>

#include "artefact/archive.hpp"
#include "artefact/backend_registry.hpp"
#include "base/error.hpp"
#include "columns/host_levels.hpp"
#include "scheme/options.hpp"

namespace gwparam {

namespace {

[[noreturn]] void reject_argument(const std::string &message) {
    throw Error(GWPARAM_ERR_ARGUMENT, message);
}

std::vector<double> degrees_of(const gwparam_array *array, const char *units,
                               const char *name) {
    const HostArray host = checked_array(array, 0, name);
    Rows rows(Dtype::float64, 1);
    rows.resize(host.columns());
    pack(host, false, conversion(units == nullptr ? "degrees" : units, "degrees", name),
         name, rows, 0);
    const auto *first = reinterpret_cast<const double *>(rows.row(0));
    return {first, first + rows.count()};
}

template <typename Value> void check_span(const char *name, const Span<Value> &span) {
    if (span.count < 0 || (span.values == nullptr && span.count > 0)) {
        reject_argument(std::string(name) + " is null or has " +
                        std::to_string(span.count) + " values");
    }
}

Conversion host_to_network(const char *units, const FieldContract &field) {
    return conversion(units == nullptr ? field.units : units, field.units, field.name);
}

Conversion network_to_host(const FieldContract &field, const char *units) {
    return conversion(field.units, units == nullptr ? field.units : units, field.name);
}

// What rank 0 reads, so that only those who run the network need its file.
std::string contract_of_all(const Communicator &communicator, const std::string &path) {
    std::string json;
    communicator.together([&] {
        if (communicator.rank() == 0) {
            json = Archive(path).extra(contract_file);
        }
    });
    communicator.broadcast(0, json);
    return json;
}

} // namespace

Scheme::Scheme(const std::string &path, const gwparam_options &options,
               Communicator communicator)
    : communicator_(std::move(communicator)),
      options_(checked_options(communicator_, options)),
      json_(contract_of_all(communicator_, path)), contract_(parse_contract(json_)),
      placement_(placement_of(communicator_, contract_.geometry.kind, options_,
                              backend_named(contract_.backend).accelerators())),
      horizontal_(contract_, options_.chunk_columns),
      plans_(communicator_, contract_.geometry.kind, placement_.owner) {
    statistics_.owner = placement_.owner;
    communicator_.together([&] {
        if (owns()) {
            network_ =
                std::make_unique<Network>(path, json_, contract_, placement_, options_);
            note_network();
        }
    });
}

void Scheme::set_levels(std::int32_t order, std::int64_t nlev, const double *pressure) {
    check_nothing_runs("levels");
    check_host_levels(contract_.vertical, order, nlev, pressure);
    vertical_.emplace(contract_, nlev);
    flip_ = (order == GWPARAM_TOP_DOWN) != vertical_->host_top_down();
    host_in_ = rows_for(vertical_->host_inputs());
    host_out_ = rows_for(vertical_->host_outputs());
    in_flight_.host_in = rows_for(vertical_->host_inputs());
    network_in_ = rows_for(contract_.inputs);
    results_ = rows_for(contract_.outputs);
    network_out_ = rows_for(contract_.outputs);
    site_in_ = rows_for(contract_.inputs);
    site_out_ = rows_for(contract_.outputs);
    given_.assign(host_in_.size(), false);
    discard();
}

FieldContract Scheme::field(std::int32_t kind, std::int64_t number) const {
    static_cast<void>(host_inputs()); // throws unless levels are set
    std::vector<FieldContract> fields;
    switch (kind) {
    case GWPARAM_INPUT:
        fields = vertical_->host_inputs();
        break;
    case GWPARAM_OUTPUT:
        fields = vertical_->host_outputs();
        break;
    case GWPARAM_PENDING:
        fields = pending_fields();
        break;
    default:
        reject_argument("kind is " + std::to_string(kind) + ", expected 1 to 3");
    }
    if (number < 1) {
        reject_argument("number is " + std::to_string(number) +
                        ", expected at least 1");
    }
    const auto i = static_cast<std::size_t>(number - 1);
    return i < fields.size() ? fields[i] : FieldContract{};
}

void Scheme::check_nothing_runs(const char *what) const {
    if (pending_ == Pending::running) {
        reject_argument(std::string(what) +
                        " cannot change while a result is on its way");
    }
}

void Scheme::set_positions(const std::vector<double> &latitude,
                           const std::vector<double> &longitude) {
    try {
        communicator_.agree(outcome_);
        plans_.set_positions(latitude, longitude, horizontal_);
    } catch (...) {
        discard(); // as the rank that failed did
        throw;
    }
}

void Scheme::set_columns(const gwparam_array *latitude, const gwparam_array *longitude,
                         const char *units) {
    std::vector<double> degrees[2];
    outcome_.attempt([&] {
        check_nothing_runs("positions");
        const gwparam_array *arrays[2] = {latitude, longitude};
        const char *names[2] = {"latitude", "longitude"};
        for (int i = 0; i < 2; ++i) {
            degrees[i] = degrees_of(arrays[i], units, names[i]);
        }
        if (degrees[0].size() != degrees[1].size()) {
            throw Error(GWPARAM_ERR_SHAPE,
                        "longitude has " + std::to_string(degrees[1].size()) +
                            " values, expected the " +
                            std::to_string(degrees[0].size()) + " of latitude");
        }
    });
    set_positions(degrees[0], degrees[1]);
}

void Scheme::set_cells(const Span<double> &latitude, const Span<double> &longitude,
                       const char *units, const Span<std::int64_t> &cell) {
    std::vector<double> degrees[2];
    outcome_.attempt([&] {
        check_nothing_runs("positions");
        check_span("latitude", latitude);
        check_span("longitude", longitude);
        check_span("cell", cell);
        const Conversion to_degrees =
            conversion(units == nullptr ? "degrees" : units, "degrees", "latitude");
        const auto in_degrees = [&](double value) {
            return value * to_degrees.scale + to_degrees.offset;
        };
        const std::int64_t cells = latitude.count * longitude.count;
        for (std::int64_t i = 0; i < cell.count; ++i) {
            const std::int64_t number = cell.values[i];
            if (number < 0 || number >= cells) {
                reject_argument("column " + std::to_string(i + 1) +
                                ", counted from 1, is cell " + std::to_string(number) +
                                ", counted from 0, expected one of " +
                                std::to_string(cells));
            }
            degrees[0].push_back(in_degrees(latitude.values[number / longitude.count]));
            degrees[1].push_back(
                in_degrees(longitude.values[number % longitude.count]));
        }
    });
    set_positions(degrees[0], degrees[1]);
}

void Scheme::put(const std::string &name, const char *units,
                 const gwparam_array *array) {
    if (flushed_) {
        discard();
    }
    try {
        check_restored();
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
    const std::vector<FieldContract> &inputs = host_inputs();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (!given_[i]) {
            discard();
            reject_argument(inputs[i].name + " was not put into the window");
        }
    }
    windows_.push_back(*open_);
    open_.reset();
    std::fill(given_.begin(), given_.end(), false);
    return static_cast<std::int64_t>(windows_.size());
}

void Scheme::close_and_flush() {
    // Kept, not thrown: the other ranks are on their way to the flush.
    const bool nothing_was_put = !open_ && windows_.empty() && !communicator_.alone();
    if (!nothing_was_put) {
        outcome_.attempt([&] { add_columns(); });
    }
    flush();
}

const std::vector<FieldContract> &Scheme::host_inputs() const {
    if (!vertical_) {
        reject_argument("the host's levels are not set");
    }
    return vertical_->host_inputs();
}

void Scheme::begin_afresh() {
    outcome_.clear();
    restored_.clear(); // a restore that is not complete
    discard();
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
    statistics.staging_bytes = site_bytes_ + plans_.buffer_bytes();
    for (const auto *rows : {&host_in_, &in_flight_.host_in, &host_out_, &network_in_,
                             &results_, &network_out_}) {
        statistics.staging_bytes += bytes_of(*rows);
    }
    statistics.messages = plans_.messages();
    statistics.message_bytes = plans_.message_bytes();
    return statistics;
}

} // namespace gwparam

#include "scheme/windows.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>
#include <utility>

#include "base/error.hpp"
#include "columns/vertical.hpp"

namespace gwparam {

namespace {

// The host's units; null: those of the field.
std::string or_own(const char *units, const FieldContract &field) {
    return units == nullptr ? field.units : units;
}

void check_shape(const std::string &name, const HostArray &host,
                 const std::vector<std::int64_t> &expected) {
    if (host.horizontal_shape() != expected) {
        throw Error(GWPARAM_ERR_SHAPE, name + " has horizontal shape " +
                                           shape_text(host.horizontal_shape()) +
                                           ", expected " + shape_text(expected));
    }
}

} // namespace

void Windows::set_fields(const std::vector<FieldContract> &inputs,
                         const std::vector<FieldContract> &outputs, bool flip) {
    inputs_ = inputs;
    flip_ = flip;
    rows_ = rows_for(inputs);
    result_ = {outputs, rows_for(outputs), {}, {}, {}};
    discard();
}

void Windows::set_guards(const std::vector<Guard> &guards, bool top_down,
                         const LevelPressures &pressures) {
    guards_ = guards;
    top_down_ = top_down;
    pressures_ = pressures;
    caught_ = GuardTally(guards.size());
}

void Windows::open(const HostArray &host) {
    if (has_result_) {
        discard();
    }
    if (!open_) {
        open_ = Window{columns(), host.columns(), host.horizontal_shape()};
    }
}

void Windows::put_place(const gwparam_array *latitude, const gwparam_array *longitude,
                        const char *units, const char *date) {
    const auto take = [&](const gwparam_array *array, const char *name,
                          std::vector<double> &all) {
        if (array == nullptr) {
            return;
        }
        const HostArray host = checked_array(array, 0, name);
        open(host);
        check_shape(name, host, open_->horizontal_shape);
        const std::vector<double> values = degrees_of(array, units, name);
        all.resize(static_cast<std::size_t>(open_->first), std::nan(""));
        all.insert(all.end(), values.begin(), values.end());
    };
    take(latitude, "latitude", places_.latitude);
    take(longitude, "longitude", places_.longitude);
    if (date != nullptr) {
        places_.date = date;
    }
}

// Where a column lies, as far as it was put.
std::string Windows::place_of(std::int64_t column) const {
    if (std::isfinite(places_.latitude_of(column)) || !places_.date.empty()) {
        return places_.text(column);
    }
    std::ostringstream text;
    for (const char *coordinate : {"latitude", "longitude"}) {
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            if (given_[i] && inputs_[i].name == coordinate) {
                text << (text.tellp() > 0 ? ", " : " (") << coordinate << " "
                     << value_at(rows_[i], column, 0) << " " << inputs_[i].units;
            }
        }
    }
    return text.str() + (text.tellp() > 0 ? ")" : "");
}

void Windows::put(const std::string &name, const char *units,
                  const gwparam_array *array) {
    if (has_result_) {
        discard();
    }
    const std::size_t i = find_field(inputs_, name, "input");
    const FieldContract &field = inputs_[i];
    const HostArray host = checked_array(array, field.levels, field.name);
    open(host);
    if (given_[i]) {
        reject_argument(name + " was put twice into one window");
    }
    check_shape(name, host, open_->horizontal_shape);
    rows_[i].resize(open_->first + open_->columns);
    pack(host, flip_, conversion(or_own(units, field), field.units, field.name),
         field.name, rows_[i], open_->first, pool_,
         [this](std::int64_t column) { return place_of(column); });
    marks_.resize(static_cast<std::size_t>(open_->first + open_->columns));
    const Watch watch{
        top_down_, [this](std::int64_t column) { return place_of(column); },
        [this](const CaughtColumn &its) {
            caught_.note(its, guards_[its.guard], top_down_, pressures_, places_, 0);
        }};
    apply_to_field(guards_, Guard::Sees::host_inputs, field, rows_[i], open_->first,
                   watch, marks_, pool_);
    given_[i] = true;
}

std::int64_t Windows::close() {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (!given_[i]) {
            reject_argument(inputs_[i].name + " was not put into the window");
        }
    }
    windows_.push_back(*std::exchange(open_, {}));
    std::fill(given_.begin(), given_.end(), false);
    return static_cast<std::int64_t>(windows_.size());
}

void Windows::discard() {
    windows_.clear();
    marks_.clear();
    places_.latitude.clear();
    places_.longitude.clear();
    caught_.clear();
    open_.reset();
    given_.assign(inputs_.size(), false);
    has_result_ = false;
}

std::int64_t Windows::columns() const {
    return windows_.empty() ? 0 : windows_.back().first + windows_.back().columns;
}

std::vector<Rows> &&Windows::take() {
    for (Rows &rows : rows_) {
        rows.resize(columns()); // where there is no window, there was no put
    }
    return std::move(rows_);
}

void Windows::get(std::int64_t window, const std::string &name, const char *units,
                  const gwparam_array *array) const {
    if (!has_result_) {
        reject_argument("nothing was run since the last put");
    }
    const auto n_windows = static_cast<std::int64_t>(windows_.size());
    if (window < 1 || window > n_windows) {
        reject_argument("window is " + std::to_string(window) + ", expected 1 to " +
                        std::to_string(n_windows));
    }
    const Window &wanted = windows_[static_cast<std::size_t>(window - 1)];
    const std::size_t i = find_field(result_.fields, name, "output");
    const FieldContract &field = result_.fields[i];
    const HostArray host = checked_array(array, field.levels, field.name);
    check_shape(name, host, wanted.horizontal_shape);
    const Conversion to_host =
        conversion(field.units, or_own(units, field), field.name);
    unpack(result_.rows[i], wanted.first, flip_, to_host,
           result_.marks.data() + wanted.first, host, pool_);
    if (i < result_.native.size() && result_.native[i].count() > 0) {
        unpack_native(result_.native[i], wanted, to_host, host);
    }
}

// Over what the network's rows have in these columns.
void Windows::unpack_native(const Rows &native, const Window &wanted,
                            const Conversion &to_host, const HostArray &host) const {
    Rows rows(native.dtype(), native.width());
    rows.resize(wanted.columns);
    ColumnMarks marks(static_cast<std::size_t>(wanted.columns), {ColumnMark::kept});
    for (std::size_t n = 0; n < result_.native_columns.size(); ++n) {
        const std::int64_t column = result_.native_columns[n] - wanted.first;
        if (column >= 0 && column < wanted.columns) {
            marks[static_cast<std::size_t>(column)] = {};
            std::memcpy(rows.row(column), native.row(static_cast<std::int64_t>(n)),
                        static_cast<std::size_t>(native.row_bytes()));
        }
    }
    unpack(rows, 0, flip_, to_host, marks.data(), host, pool_);
}

} // namespace gwparam

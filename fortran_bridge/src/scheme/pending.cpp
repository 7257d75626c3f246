#include "scheme/pending.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace gwparam {

namespace {

// 1 in columns that a guard keeps as the host has them, 2 in those that it leaves to
// the native scheme. One that it sets to zero needs no mark: its outputs are the zeros.
constexpr const char *mark_name = "guard_mark";

double number_of(ColumnMark mark) {
    return mark.decision == ColumnMark::kept     ? 1.0
           : mark.decision == ColumnMark::native ? 2.0
                                                 : 0.0;
}

ColumnMark mark_of(double number) {
    return {number == 0.0   ? ColumnMark::passes
            : number == 2.0 ? ColumnMark::native
                            : ColumnMark::kept,
            0};
}

constexpr Conversion unchanged{1.0, 0.0};

HostArray checked_exact(const gwparam_array *array, const FieldContract &field) {
    const HostArray host = checked_array(array, field.levels, field.name);
    if (array->dtype != GWPARAM_FLOAT64) {
        throw Error(GWPARAM_ERR_SHAPE,
                    field.name + " is float32, expected float64: it holds every value");
    }
    return host;
}

void check_array_columns(const HostArray &host, const FieldContract &field,
                         std::int64_t expected) {
    if (host.columns() != expected) {
        throw Error(GWPARAM_ERR_SHAPE,
                    field.name + " has " + std::to_string(host.columns()) +
                        " columns, expected " + std::to_string(expected));
    }
}

} // namespace

void Pending::set_fields(bool lags, bool flip) {
    flip_ = flip;
    state_ = State::nothing;
    restored_.clear();
    fields_.clear();
    if (lags) {
        fields_ = result_.fields;
        FieldContract mark;
        mark.name = mark_name;
        mark.units = "1";
        fields_.push_back(mark);
    }
}

void Pending::check_columns(std::int64_t columns) const {
    if (state_ != State::nothing && columns != result_.columns()) {
        reject_argument("there are " + std::to_string(columns) +
                        " columns, expected the " + std::to_string(result_.columns()) +
                        " of the flush before, whose result lag = 1 gives");
    }
}

void Pending::check_nothing_runs(const char *what) const {
    if (state_ == State::running) {
        reject_argument(std::string(what) +
                        " cannot change while a result is on its way");
    }
}

void Pending::check_restored() const {
    const auto missing = std::find(restored_.begin(), restored_.end(), false);
    if (missing != restored_.end()) {
        reject_argument(
            fields_[static_cast<std::size_t>(missing - restored_.begin())].name +
            " was not restored, but other fields were");
    }
}

void Pending::save(const std::string &name, const gwparam_array *array) const {
    const std::size_t i = find_field(fields_, name, "pending field");
    if (state_ != State::done) {
        reject_argument("nothing is pending, or it has not been synchronised");
    }
    const FieldContract &field = fields_[i];
    const HostArray host = checked_exact(array, field);
    check_array_columns(host, field, result_.columns());
    const ColumnMarks all_pass(result_.marks.size());
    ThreadPool caller(1); // a restart file is seldom written
    if (!is_mark(i)) {
        unpack(result_.rows[i], 0, flip_, unchanged, all_pass.data(), host, caller);
        return;
    }
    Rows rows(field.dtype, 1);
    rows.resize(result_.columns());
    std::transform(result_.marks.begin(), result_.marks.end(),
                   reinterpret_cast<double *>(rows.row(0)), number_of);
    unpack(rows, 0, false, unchanged, all_pass.data(), host, caller);
}

void Pending::restore(const std::string &name, const gwparam_array *array) {
    const std::size_t i = find_field(fields_, name, "pending field");
    const FieldContract &field = fields_[i];
    const HostArray host = checked_exact(array, field);
    if (restored_.empty()) {
        state_ = State::nothing;
        result_.marks.assign(static_cast<std::size_t>(host.columns()), {});
        restored_.assign(fields_.size(), false);
    }
    check_array_columns(host, field, result_.columns());
    Rows marks(field.dtype, 1);
    Rows &rows = is_mark(i) ? marks : result_.rows[i];
    rows.resize(result_.columns());
    ThreadPool caller(1);
    pack(host, flip_ && !is_mark(i), unchanged, field.name, rows, 0, caller);
    if (is_mark(i)) {
        const auto *values = reinterpret_cast<const double *>(marks.row(0));
        std::transform(values, values + result_.columns(), result_.marks.begin(),
                       mark_of);
    }
    restored_[i] = true;
    if (std::find(restored_.begin(), restored_.end(), false) == restored_.end()) {
        restored_.clear();
        state_ = State::done;
    }
}

} // namespace gwparam

// What a scheme carries from one flush to the next, saved and restored.
#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "scheme/scheme.hpp"

namespace gwparam {

namespace {

// 1 in columns that a guard keeps as the host has them.
constexpr const char *mark_name = "guard_mark";

constexpr Conversion unchanged{1.0, 0.0};

HostArray checked_exact(const gwparam_array *array, const FieldContract &field) {
    const HostArray host = checked_array(array, field.levels, field.name);
    if (array->dtype != GWPARAM_FLOAT64) {
        throw Error(GWPARAM_ERR_SHAPE,
                    field.name + " is float32, expected float64: it holds every value");
    }
    return host;
}

void check_columns(const HostArray &host, const FieldContract &field,
                   std::int64_t expected) {
    if (host.columns() != expected) {
        throw Error(GWPARAM_ERR_SHAPE,
                    field.name + " has " + std::to_string(host.columns()) +
                        " columns, expected " + std::to_string(expected));
    }
}

} // namespace

bool Scheme::synchronise() {
    try {
        if (pending_ == Pending::running) {
            take_in();
            pending_ = Pending::done;
        } else {
            communicator_.agree(outcome_); // of what failed since the last flush
        }
    } catch (...) {
        abandon();
        throw;
    }
    discard(); // what get() had is overwritten
    return pending_ == Pending::done;
}

std::vector<FieldContract> Scheme::pending_fields() const {
    if (options_.lag == 0) {
        return {};
    }
    std::vector<FieldContract> fields = vertical_->host_outputs();
    FieldContract mark;
    mark.name = mark_name;
    mark.units = "1";
    mark.levels = 0;
    mark.dtype = Dtype::float64;
    fields.push_back(mark);
    return fields;
}

std::size_t Scheme::pending_number(const std::string &name) const {
    static_cast<void>(host_inputs()); // throws unless levels are set
    return find_field(pending_fields(), name, "pending field");
}

void Scheme::save(const std::string &name, const gwparam_array *array) const {
    const std::size_t i = pending_number(name);
    if (pending_ != Pending::done) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "nothing is pending, or it has not been synchronised");
    }
    const FieldContract field = pending_fields()[i];
    const HostArray host = checked_exact(array, field);
    check_columns(host, field, in_flight_.columns);
    const ColumnMarks all_pass(marks_.size(), column_passes);
    if (i < host_out_.size()) {
        unpack(host_out_[i], 0, flip_, unchanged, all_pass.data(), host);
        return;
    }
    Rows rows(field.dtype, 1);
    rows.resize(in_flight_.columns);
    std::transform(marks_.begin(), marks_.end(),
                   reinterpret_cast<double *>(rows.row(0)),
                   [](ColumnMark mark) { return mark == column_kept ? 1.0 : 0.0; });
    unpack(rows, 0, false, unchanged, all_pass.data(), host);
}

void Scheme::restore(const std::string &name, const gwparam_array *array) {
    const std::size_t i = pending_number(name);
    if (open_ || !windows_.empty() || pending_ == Pending::running) {
        throw Error(GWPARAM_ERR_ARGUMENT, "restore comes before the first put");
    }
    const FieldContract field = pending_fields()[i];
    const HostArray host = checked_exact(array, field);
    if (restored_.empty()) {
        pending_ = Pending::nothing;
        restored_.assign(host_out_.size() + 1, false);
        in_flight_.columns = host.columns();
    }
    check_columns(host, field, in_flight_.columns);
    Rows marks(field.dtype, 1);
    const bool is_mark = i == host_out_.size();
    Rows &rows = is_mark ? marks : host_out_[i];
    rows.resize(in_flight_.columns);
    pack(host, flip_ && !is_mark, unchanged, field.name, rows, 0);
    if (is_mark) {
        const auto *values = reinterpret_cast<const double *>(marks.row(0));
        marks_.resize(static_cast<std::size_t>(in_flight_.columns));
        std::transform(
            values, values + in_flight_.columns, marks_.begin(),
            [](double value) { return value != 0.0 ? column_kept : column_passes; });
    }
    restored_[i] = true;
    if (std::find(restored_.begin(), restored_.end(), false) == restored_.end()) {
        restored_.clear();
        pending_ = Pending::done;
    }
}

void Scheme::check_restored() const {
    const auto missing = std::find(restored_.begin(), restored_.end(), false);
    if (missing != restored_.end()) {
        throw Error(
            GWPARAM_ERR_ARGUMENT,
            pending_fields()[static_cast<std::size_t>(missing - restored_.begin())]
                    .name +
                " was not restored, but other fields were");
    }
}

void Scheme::restore_statistics(const gwparam_statistics &statistics) {
    for (const std::int64_t counter :
         {statistics.runs, statistics.columns, statistics.guarded_columns,
          statistics.guarded_columns_last_run}) {
        if (counter < 0) {
            throw Error(GWPARAM_ERR_ARGUMENT, "a counter is " +
                                                  std::to_string(counter) +
                                                  ", expected at least 0");
        }
    }
    statistics_.runs = statistics.runs;
    statistics_.columns = statistics.columns;
    statistics_.guarded_columns = statistics.guarded_columns;
    statistics_.guarded_columns_last_run = statistics.guarded_columns_last_run;
}

} // namespace gwparam

#include "scheme/native_fallback.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <sstream>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/units.hpp"

namespace gwparam {

namespace {

std::vector<std::int64_t> columns_left(const ColumnMarks &marks) {
    std::vector<std::int64_t> columns;
    for (std::size_t column = 0; column < marks.size(); ++column) {
        if (marks[column].decision == ColumnMark::native) {
            columns.push_back(static_cast<std::int64_t>(column));
        }
    }
    return columns;
}

bool is_known(gwparam_status status) {
#define GWPARAM_NUMBER(name, number, meaning) number,
    const std::initializer_list<gwparam_status> known{
        GWPARAM_STATUS_LIST(GWPARAM_NUMBER)};
#undef GWPARAM_NUMBER
    return std::find(known.begin(), known.end(), status) != known.end();
}

[[noreturn]] void reject(gwparam_status status, const std::string &message) {
    std::string text = "the native scheme failed: " + message;
    if (message.empty()) {
        text = "the native scheme failed with status " + std::to_string(status);
    }
    throw Error(is_known(status) ? status : GWPARAM_ERR_ARGUMENT, text);
}

// One tendency of all asked columns, from the procedure's levels to those of the rows.
Rows rows_of(const double *from, double scale, std::int64_t columns,
             std::int64_t levels, bool flip) {
    Rows rows(Dtype::float64, levels);
    rows.resize(columns);
    auto *to = reinterpret_cast<double *>(rows.row(0));
    for (std::int64_t column = 0; column < columns; ++column) {
        for (std::int64_t k = 0; k < levels; ++k) {
            const std::int64_t level = flip ? levels - 1 - k : k;
            to[column * levels + level] = from[column * levels + k] * scale;
        }
    }
    return rows;
}

} // namespace

void NativeFallback::check(const gwparam_options &options) const {
    const std::pair<const char *, std::int32_t> policies[] = {
        {"on_unphysical", options.on_unphysical},
        {"on_range", options.on_range},
        {"on_limit", options.on_limit},
        {"on_momentum", options.on_momentum}};
    for (const auto &[option, policy] : policies) {
        if (policy == GWPARAM_GUARD_NATIVE && procedure_ == nullptr) {
            reject_argument(std::string(option) +
                            " is native, but there is no native scheme: expected "
                            "gwparam_scheme_set_native before the first put");
        }
    }
}

void NativeFallback::apply(Result &result, std::int64_t host_levels, bool flip,
                           const Places &places) const {
    std::vector<std::int64_t> columns = columns_left(result.marks);
    result.native_columns.clear();
    result.native.clear();
    if (columns.empty()) {
        return;
    }
    std::vector<std::size_t> fields;
    std::vector<const char *> names;
    std::vector<const char *> units;
    std::vector<double> scales; // to the units of the rows
    for (std::size_t f = 0; f < result.fields.size(); ++f) {
        const FieldContract &field = result.fields[f];
        if (field.kind == OutputKind::tendency && field.levels == host_levels) {
            fields.push_back(f);
            names.push_back(field.name.c_str());
            const double to_si = acceleration_scale(field.units);
            const bool is_si = to_si == 0.0 || to_si == 1.0;
            units.push_back(is_si ? field.units.c_str() : "m s-2");
            scales.push_back(is_si ? 1.0 : 1.0 / to_si);
        }
    }
    const auto count = static_cast<std::int64_t>(columns.size());
    std::vector<double> drag(fields.size() * columns.size() *
                                 static_cast<std::size_t>(host_levels),
                             std::numeric_limits<double>::quiet_NaN());
    const gwparam_native_columns asked{
        count,        columns.data(),
        host_levels,  static_cast<std::int64_t>(fields.size()),
        names.data(), units.data(),
        drag.data()};
    std::array<char, 512> message{};
    const gwparam_status status =
        procedure_(context_, &asked, message.data(),
                   static_cast<std::int64_t>(message.size()) - 1);
    if (status != GWPARAM_OK) {
        reject(status, message.data());
    }
    for (std::size_t i = 0; i < drag.size(); ++i) {
        if (!std::isfinite(drag[i])) {
            const std::size_t row = i / static_cast<std::size_t>(host_levels);
            const std::int64_t column = columns[row % columns.size()];
            std::ostringstream text;
            text << "the native scheme gives " << drag[i] << " for "
                 << names[row / columns.size()] << " in column " << column + 1
                 << ", counted from 1" << places.text(column)
                 << ", expected a finite value";
            throw Error(GWPARAM_ERR_NONFINITE, text.str());
        }
    }
    for (const FieldContract &field : result.fields) {
        result.native.emplace_back(Dtype::float64,
                                   std::max<std::int64_t>(field.levels, 1));
    }
    for (std::size_t f = 0; f < fields.size(); ++f) {
        const double *its =
            drag.data() + static_cast<std::int64_t>(f) * count * host_levels;
        result.native[fields[f]] = rows_of(its, scales[f], count, host_levels, flip);
    }
    result.native_columns = std::move(columns);
}

} // namespace gwparam

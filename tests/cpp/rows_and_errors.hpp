// What a body throws, and rows that are made of values.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "columns/array.hpp"

// Whether it throws an error of this status, with this text in its message.
template <typename Body>
bool throws(gwparam_status status, const std::string &text, Body &&body) {
    try {
        body();
    } catch (const gwparam::Error &e) {
        const bool is_expected = e.status() == status &&
                                 std::string(e.what()).find(text) != std::string::npos;
        if (!is_expected) {
            printf("# %d %s\n", e.status(), e.what());
        }
        return is_expected;
    }
    return false;
}

// Whether it throws ERR_CONTRACT with this whole message.
template <typename Body> bool refused_with(const std::string &message, Body &&body) {
    try {
        body();
    } catch (const gwparam::Error &e) {
        printf("# %d %s\n", e.status(), e.what());
        return e.status() == GWPARAM_ERR_CONTRACT && message == e.what();
    }
    return false;
}

inline gwparam::Rows rows_of(gwparam::Dtype dtype, std::int64_t width,
                             const std::vector<double> &values) {
    gwparam::Rows rows(dtype, width);
    rows.resize(static_cast<std::int64_t>(values.size()) / width);
    gwparam::visit(rows, [&](auto *target) {
        for (const double value : values) {
            *target++ = static_cast<std::remove_reference_t<decltype(*target)>>(value);
        }
    });
    return rows;
}

inline std::vector<double> values_of(const gwparam::Rows &rows) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < rows.count(); ++i) {
        for (std::int64_t level = 0; level < rows.width(); ++level) {
            values.push_back(gwparam::value_at(rows, i, level));
        }
    }
    return values;
}

// Arrays of a host to rows and back: every layout, both types, more than one tile.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "columns/array.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::Rows;
using gwparam::ThreadPool;

// Three different extents, and columns for more than a tile and more than a thread.
constexpr std::int64_t nlon = 3;
constexpr std::int64_t nlat = 2801;
constexpr std::int64_t nlev = 4;
constexpr std::int64_t columns = nlon * nlat;

double value(std::int64_t i, std::int64_t j, std::int64_t k) {
    return 0.5 + static_cast<double>(i + 10 * j + 1000 * k);
}

// Where an array has its elements: strides of longitude, latitude, level.
struct Layout {
    const char *name;
    std::int64_t lon;
    std::int64_t lat;
    std::int64_t lev;
};
const Layout layouts[] = {
    {"longitude fastest", 1, nlon, columns},
    {"level fastest", nlev, nlev * nlon, 1},
    {"latitude fastest", nlat * nlev, 1, nlat},
    {"every third element", 3, 3 * nlon, 3 * columns},
    {"backwards", -1, nlon, -columns},
};

// A host's memory, of which the array is a part.
template <typename Value> struct Memory {
    std::vector<Value> values = std::vector<Value>(8 * columns * nlev, Value(-99));
    static constexpr std::int64_t origin = 4 * columns * nlev;

    Value &at(const Layout &layout, std::int64_t i, std::int64_t j, std::int64_t k) {
        return values[static_cast<std::size_t>(origin + i * layout.lon +
                                               j * layout.lat + k * layout.lev)];
    }
    gwparam_array array(const Layout &layout) {
        return {values.data() + origin,
                sizeof(Value) == 4 ? GWPARAM_FLOAT32 : GWPARAM_FLOAT64,
                3,
                {nlon, nlat, nlev, 0},
                {layout.lon, layout.lat, layout.lev, 0}};
    }
};

std::string on(const ThreadPool &pool) {
    return ", on " + std::to_string(pool.threads());
}

template <typename Body> void each_cell(Body &&body) {
    for (std::int64_t j = 0; j < nlat; ++j) {
        for (std::int64_t i = 0; i < nlon; ++i) {
            for (std::int64_t k = 0; k < nlev; ++k) {
                body(i, j, k);
            }
        }
    }
}

template <typename Value>
void test_layouts(Dtype dtype, const char *types, ThreadPool &pool) {
    constexpr gwparam::Conversion there{2.0, -1.0};
    constexpr gwparam::Conversion back{0.5, 0.5};
    constexpr std::int64_t first = 5; // rows of an earlier window
    for (const Layout &layout : layouts) {
        for (const bool flip : {false, true}) {
            Memory<Value> memory;
            each_cell([&](auto i, auto j, auto k) {
                memory.at(layout, i, j, k) = static_cast<Value>(value(i, j, k));
            });
            const gwparam_array array = memory.array(layout);
            const gwparam::HostArray host =
                gwparam::checked_array(&array, nlev, "wind");
            Rows rows(dtype, nlev);
            rows.resize(first + columns);
            gwparam::visit(rows, [](auto *values) {
                std::fill(values, values + first * nlev, 8.0f);
            });
            gwparam::pack(host, flip, there, "wind", rows, first, pool);
            bool right = host.columns() == columns;
            for (std::int64_t n = 0; n < first; ++n) {
                right &= gwparam::value_at(rows, n, n % nlev) == 8.0;
            }
            each_cell([&](auto i, auto j, auto k) {
                right &= gwparam::value_at(rows, first + i + nlon * j,
                                           flip ? nlev - 1 - k : k) ==
                         2.0 * value(i, j, k) - 1.0;
            });
            // Back: a kept column stays as it was, one set to zero does not.
            Memory<Value> target;
            const gwparam_array target_array = target.array(layout);
            std::vector<gwparam::ColumnMark> marks(columns);
            marks[131] = {gwparam::ColumnMark::kept};
            marks[132] = {gwparam::ColumnMark::zeroed};
            marks[columns - 1] = {gwparam::ColumnMark::kept};
            gwparam::unpack(rows, first, flip, back, marks.data(),
                            gwparam::checked_array(&target_array, nlev, "wind"), pool);
            each_cell([&](auto i, auto j, auto k) {
                const std::int64_t column = i + nlon * j;
                const bool is_kept = column == 131 || column == columns - 1;
                right &= target.at(layout, i, j, k) == (is_kept ? -99 : value(i, j, k));
                target.at(layout, i, j, k) = -99;
            });
            // Nothing beside the array's elements.
            right &= std::all_of(target.values.begin(), target.values.end(),
                                 [](Value v) { return v == -99; });
            ok(right, (std::string(layout.name) + ", " + types +
                       (flip ? ", upside down" : "") + on(pool))
                          .c_str());
        }
    }
}

// In the second tile, where columns are looked at one after the other, and in the last
// thread's part: the first of all, whoever finds what first.
void test_not_finite(ThreadPool &pool) {
    const Layout &layout = layouts[0];
    Memory<double> memory;
    each_cell([&](auto i, auto j, auto k) { memory.at(layout, i, j, k) = 1.0; });
    const gwparam_array array = memory.array(layout);
    const gwparam::HostArray host = gwparam::checked_array(&array, nlev, "wind");
    Rows single(Dtype::float32, nlev);
    single.resize(columns);
    const auto refuses = [&](bool flip, const char *text) {
        return throws(GWPARAM_ERR_NONFINITE, text,
                      [&] { gwparam::pack(host, flip, {}, "wind", single, 0, pool); });
    };
    memory.at(layout, 1, 45, 2) = NAN;
    for (std::int64_t j = 46; j < nlat; ++j) {
        memory.at(layout, 0, j, 3) = INFINITY;
    }
    memory.at(layout, 2, 45, 0) = -INFINITY;
    bool right = true;
    for (int again = 0; again < 50; ++again) {
        right &= refuses(again % 2 == 0, "wind is nan at (2, 46, 3), counted from 1");
    }
    ok(right,
       ("the first cell that is not finite, as the host counts" + on(pool)).c_str());
    memory.at(layout, 1, 45, 2) = 0.0;
    memory.at(layout, 2, 45, 0) = 1e300;
    ok(refuses(false, "wind is inf at (3, 46, 1)"),
       ("too large for the network's type" + on(pool)).c_str());
    each_cell([&](auto i, auto j, auto k) { memory.at(layout, i, j, k) = 1.0; });
    memory.at(layout, 2, nlat - 1, 1) = NAN;
    ok(refuses(true, "wind is nan at (3, 2801, 2)"),
       ("in the last column" + on(pool)).c_str());
}

void test_descriptions() {
    double data[24] = {};
    const gwparam_array good{data, GWPARAM_FLOAT64, 2, {4, 3, 0, 0}, {1, 4, 0, 0}};
    const auto refuses = [](const gwparam_array *array, gwparam_status status,
                            const char *text, std::int64_t levels = 3) {
        return throws(status, text,
                      [&] { gwparam::checked_array(array, levels, "wind"); });
    };
    ok(gwparam::checked_array(&good, 3, "wind").horizontal_shape() ==
               std::vector<std::int64_t>{4} &&
           gwparam::checked_array(&good, 0, "wind").horizontal_shape() ==
               std::vector<std::int64_t>{4, 3},
       "the last dimension is the level, where there are levels");
    ok(refuses(nullptr, GWPARAM_ERR_ARGUMENT, "wind has a null array"), "no array");
    ok(refuses(&good, GWPARAM_ERR_SHAPE, "wind has shape (4, 3), expected (4, 5)", 5),
       "another number of levels");
    gwparam_array bad = good;
    bad.dtype = 3;
    ok(refuses(&bad, GWPARAM_ERR_SHAPE, "wind has dtype code 3, expected 1 (float32)"),
       "an unknown type");
    bad = good;
    bad.rank = 0;
    ok(refuses(&bad, GWPARAM_ERR_SHAPE, "wind has rank 0, expected 1 to 4"),
       "too few dimensions");
    bad.rank = 5;
    ok(refuses(&bad, GWPARAM_ERR_SHAPE, "wind has rank 5, expected 1 to 4", 0),
       "too many");
    bad = good;
    bad.shape[0] = -4;
    ok(refuses(&bad, GWPARAM_ERR_SHAPE, "wind has shape (-4, 3), expected no negative"),
       "a negative extent");
    bad.shape[0] = std::int64_t{1} << 62;
    ok(refuses(&bad, GWPARAM_ERR_SHAPE, "expected fewer columns"),
       "more columns than can be counted");
    bad = good;
    bad.data = nullptr;
    ok(refuses(&bad, GWPARAM_ERR_ARGUMENT, "wind has null data"), "no data");
    bad.shape[0] = 0;
    ok(gwparam::checked_array(&bad, 3, "wind").columns() == 0,
       "none is needed for no columns");
}

void test_rows() {
    Rows rows(Dtype::float64, 3);
    ok(rows.count() == 0 && rows.bytes() == 0 && rows.row_bytes() == 24, "no rows");
    rows.resize(2);
    gwparam::visit(rows, [](auto *values) {
        for (int n = 0; n < 6; ++n) {
            values[n] = static_cast<std::remove_reference_t<decltype(*values)>>(n);
        }
    });
    rows.resize(1000);
    rows.resize(2);
    const auto address = reinterpret_cast<std::uintptr_t>(rows.row(0));
    ok(values_of(rows) == std::vector<double>{0, 1, 2, 3, 4, 5} && address % 64 == 0,
       "rows that are there stay, in their alignment");
    const std::byte *before = rows.row(0);
    rows.resize(900);
    ok(rows.row(0) == before && rows.bytes() == 24000, "room is used again");
    std::vector<Rows> fields;
    fields.push_back(std::move(rows));
    fields.emplace_back(Dtype::float32, 7).resize(10);
    ok(gwparam::bytes_of(fields) == 24000 + 280, "bytes of several fields");
}

} // namespace

int main() {
    for (const int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        test_layouts<float>(Dtype::float32, "single to single", pool);
        test_layouts<float>(Dtype::float64, "single to double", pool);
        test_layouts<double>(Dtype::float32, "double to single", pool);
        test_layouts<double>(Dtype::float64, "double to double", pool);
        test_not_finite(pool);
    }
    test_descriptions();
    test_rows();
    return done_testing();
}

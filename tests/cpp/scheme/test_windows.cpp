// Windows of columns: put one after the other, taken together, got one by one.
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rows_and_errors.hpp"
#include "scheme/options.hpp"
#include "scheme/windows.hpp"
#include "tap.h"

namespace {

using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Rows;
using gwparam::Windows;
using Numbers = std::vector<double>;

constexpr std::int64_t nlev = 3;

FieldContract field(const char *name, const char *units, std::int64_t levels,
                    Dtype dtype) {
    FieldContract its;
    its.name = name;
    its.units = units;
    its.levels = levels;
    its.dtype = dtype;
    return its;
}

gwparam::ThreadPool caller(1);

Windows windows(bool flip = false) {
    Windows made(caller);
    made.set_fields({field("wind", "m s-1", nlev, Dtype::float32),
                     field("surface_pressure", "Pa", 0, Dtype::float64)},
                    {field("drag", "m s-2", nlev, Dtype::float64)}, flip);
    return made;
}

gwparam_array array_of(Numbers &values, std::int64_t columns, std::int64_t levels) {
    return {values.data(),
            GWPARAM_FLOAT64,
            levels > 0 ? 2 : 1,
            {columns, levels, 0, 0},
            {levels > 0 ? levels : 1, 1, 0, 0}};
}

// Two columns, then one.
void put_three(Windows &made) {
    Numbers wind{1, 2, 3, 11, 12, 13};
    Numbers pressure{1000, 990};
    const gwparam_array u = array_of(wind, 2, nlev);
    const gwparam_array ps = array_of(pressure, 2, 0);
    made.put("surface_pressure", "hPa", &ps);
    made.put("wind", nullptr, &u);
    ok(made.is_open() && made.none_closed() && made.columns() == 0,
       "an open window does not count");
    ok(made.close() == 1 && !made.is_open() && made.columns() == 2, "the first window");
    Numbers more{21, 22, 23};
    Numbers low{500};
    const gwparam_array one = array_of(more, 1, nlev);
    const gwparam_array its = array_of(low, 1, 0);
    made.put("wind", nullptr, &one);
    made.put("surface_pressure", "Pa", &its);
    ok(made.close() == 2 && made.columns() == 3, "the second one");
}

void test_round_trip(bool flip) {
    Windows made = windows(flip);
    put_three(made);
    const std::vector<Rows> &rows = made.take();
    const Numbers as_put{1, 2, 3, 11, 12, 13, 21, 22, 23};
    const Numbers turned{3, 2, 1, 13, 12, 11, 23, 22, 21};
    ok(values_of(rows[0]) == (flip ? turned : as_put) &&
           values_of(rows[1]) == Numbers{100000, 99000, 500},
       flip ? "rows of all windows, turned over" : "rows of all windows");

    gwparam::Result &result = made.result();
    result.rows[0] = rows_of(Dtype::float64, nlev, turned);
    result.marks = {{}, {gwparam::ColumnMark::kept}, {}};
    Numbers drag(6, -9.0);
    gwparam_array array = array_of(drag, 2, nlev);
    ok(throws(GWPARAM_ERR_ARGUMENT, "nothing was run since the last put",
              [&] { made.get(1, "drag", nullptr, &array); }),
       "no result yet");
    made.result_is_there();
    made.get(1, "drag", nullptr, &array);
    ok(drag == (flip ? Numbers{1, 2, 3, -9, -9, -9} : Numbers{3, 2, 1, -9, -9, -9}),
       "a window's columns, but those that are kept");
    array.shape[0] = 1;
    made.get(2, "drag", "m s-1 hour-1", &array);
    ok(std::abs(drag[flip ? 0 : 2] - 21.0 * 3600) < 1e-9 && drag[3] == -9,
       "in the host's units");
    ok(throws(GWPARAM_ERR_SHAPE, "drag has horizontal shape (1), expected (2)",
              [&] { made.get(1, "drag", nullptr, &array); }) &&
           throws(GWPARAM_ERR_ARGUMENT, "window is 3, expected 1 to 2",
                  [&] { made.get(3, "drag", nullptr, &array); }) &&
           throws(GWPARAM_ERR_CONTRACT, "wind is no output",
                  [&] { made.get(1, "wind", nullptr, &array); }) &&
           throws(GWPARAM_ERR_CONTRACT, "drag has units \"m s-2\", expected \"K\"",
                  [&] { made.get(2, "drag", "K", &array); }),
       "what cannot be got");

    Numbers wind{5, 6, 7};
    const gwparam_array next = array_of(wind, 1, nlev);
    made.put("wind", nullptr, &next);
    ok(made.is_open() && made.none_closed() && !made.has_result(),
       "the next put begins afresh");
}

void test_refusals() {
    Windows made = windows();
    Numbers wind{1, 2, 3, 4, 5, 6};
    const gwparam_array two = array_of(wind, 2, nlev);
    const gwparam_array one = array_of(wind, 1, nlev);
    made.put("wind", nullptr, &two);
    ok(throws(GWPARAM_ERR_ARGUMENT, "wind was put twice into one window",
              [&] { made.put("wind", nullptr, &two); }),
       "an input twice");
    ok(throws(GWPARAM_ERR_ARGUMENT, "surface_pressure was not put into the window",
              [&] { made.close(); }),
       "an input missing");
    const gwparam_array surface = array_of(wind, 3, 0);
    ok(throws(GWPARAM_ERR_SHAPE,
              "surface_pressure has horizontal shape (3), expected (2)",
              [&] { made.put("surface_pressure", nullptr, &surface); }),
       "another shape than the window's");
    ok(throws(GWPARAM_ERR_CONTRACT, "drag is no input",
              [&] { made.put("drag", nullptr, &one); }) &&
           throws(GWPARAM_ERR_CONTRACT, "wind has units \"Pa\"",
                  [&] {
                      made.discard();
                      made.put("wind", "Pa", &one);
                  }),
       "another field, other units");
    made.discard();
    ok(!made.is_open() && made.none_closed() &&
           throws(GWPARAM_ERR_ARGUMENT, "wind was not put", [&] { made.close(); }),
       "nothing is left after it is dropped");
}

// The same room at every step.
void test_room() {
    Windows made = windows();
    std::int64_t bytes = 0;
    bool same = true;
    std::vector<Rows> elsewhere;
    elsewhere.emplace_back(Dtype::float32, nlev);
    elsewhere.emplace_back(Dtype::float64, 1);
    for (int step = 0; step < 6; ++step) {
        Numbers wind(50 * nlev, step);
        Numbers pressure(50, 1e5);
        const gwparam_array u = array_of(wind, 50, nlev);
        const gwparam_array ps = array_of(pressure, 50, 0);
        made.put("wind", nullptr, &u);
        made.put("surface_pressure", nullptr, &ps);
        made.close();
        std::vector<Rows> &&rows = made.take();
        std::swap(rows, elsewhere); // as a stage does that has nothing to change
        same &= gwparam::value_at(elsewhere[0], 49, 2) == step;
        made.result_is_there();
        const std::int64_t now = made.bytes() + gwparam::bytes_of(elsewhere);
        same &= step < 2 || now == bytes;
        bytes = now;
    }
    ok(same && bytes == 2 * 50 * (nlev * 4 + 8), "room is used again");
}

// What the native scheme gave takes the place of the rows, in single precision or not.
void test_native(bool flip) {
    Windows made = windows(flip);
    put_three(made);
    gwparam::Result &result = made.result();
    result.fields[0].dtype = Dtype::float32;
    result.rows[0] = rows_of(Dtype::float32, nlev, Numbers(9, 0.5));
    result.marks.resize(3);
    result.native_columns = {1, 2};
    result.native.push_back(
        rows_of(Dtype::float64, nlev, {0.1, 0.2, 0.3, 1.1, 1.2, 1.3}));
    made.result_is_there();
    Numbers two(6, -9.0);
    Numbers one(3, -9.0);
    const gwparam_array first = array_of(two, 2, nlev);
    const gwparam_array second = array_of(one, 1, nlev);
    made.get(1, "drag", nullptr, &first);
    made.get(2, "drag", "m s-2", &second);
    ok(flip ? two == Numbers{0.5, 0.5, 0.5, 0.3, 0.2, 0.1} &&
                  one == Numbers{1.3, 1.2, 1.1}
            : two == Numbers{0.5, 0.5, 0.5, 0.1, 0.2, 0.3} &&
                  one == Numbers{1.1, 1.2, 1.3},
       "each window has its columns of the native scheme, with all their digits");
    result.native.clear();
    result.native_columns.clear();
    made.get(2, "drag", nullptr, &second);
    ok(one == Numbers(3, 0.5), "where it gave nothing the rows count");
}

// Columns for several threads: put, looked at by the guard of inputs, and got.
void test_threads() {
    constexpr std::int64_t columns = 20000;
    Numbers temperature(columns * nlev);
    Numbers latitude(columns);
    for (std::size_t i = 0; i < temperature.size(); ++i) {
        temperature[i] = 200.0 + static_cast<double>(i % 97);
    }
    for (std::size_t i = 0; i < latitude.size(); ++i) {
        latitude[i] = static_cast<double>(i % 90);
    }
    const gwparam_array t = array_of(temperature, columns, nlev);
    const gwparam_array lat = array_of(latitude, columns, 0);
    for (const int threads : {1, 2, 3}) {
        const std::string on = ", on " + std::to_string(threads);
        gwparam::ThreadPool pool(threads);
        Windows made(pool);
        made.set_fields({field("latitude", "degrees", 0, Dtype::float64),
                         field("air_temperature", "K", nlev, Dtype::float64)},
                        {field("drag", "m s-2", nlev, Dtype::float64)}, false);
        made.set_guards(gwparam::guards_of(gwparam::default_options()), true, {});
        made.put("latitude", nullptr, &lat);
        made.put("air_temperature", nullptr, &t);
        made.close();
        std::swap(made.result().rows[0], made.take()[1]);
        made.result().marks.assign(columns, {});
        made.result_is_there();
        Numbers drag(temperature.size());
        const gwparam_array out = array_of(drag, columns, nlev);
        made.get(1, "drag", nullptr, &out);
        ok(drag == temperature, ("what was put is got" + on).c_str());
        bool is_first = true;
        for (int again = 0; again < 20; ++again) {
            temperature[12000 * nlev + 1] = 12.0;
            temperature[19000 * nlev] = 11.0;
            made.put("latitude", nullptr, &lat);
            is_first &= throws(GWPARAM_ERR_RANGE,
                               "air_temperature is 12 K in column 12001 at level 2 "
                               "from the top, counted from 1 (latitude 30 degrees)",
                               [&] { made.put("air_temperature", nullptr, &t); });
            made.discard();
            temperature[12000 * nlev + 1] = temperature[19000 * nlev] = 250.0;
        }
        ok(is_first, ("the first column that no atmosphere has" + on).c_str());
        for (std::size_t i = 0; i < temperature.size(); ++i) {
            temperature[i] = 200.0 + static_cast<double>(i % 97);
        }
    }
}

} // namespace

int main() {
    test_round_trip(false);
    test_round_trip(true);
    test_refusals();
    test_room();
    test_native(false);
    test_native(true);
    test_threads();
    return done_testing();
}

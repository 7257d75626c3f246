// The host's own scheme for some columns: what it is asked, and what becomes of its
// answer.
#include <cmath>
#include <cstring>
#include <functional>
#include <string>

#include "rows_and_errors.hpp"
#include "scheme/native_fallback.hpp"
#include "tap.h"

namespace {

using gwparam::ColumnMark;
using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::NativeFallback;
using gwparam::OutputKind;
using gwparam::Places;
using gwparam::Result;
using gwparam::Rows;

constexpr std::int64_t levels = 2;

FieldContract field_of(const char *name, const char *units, OutputKind kind,
                       std::int64_t its_levels) {
    FieldContract field;
    field.name = name;
    field.units = units;
    field.kind = kind;
    field.levels = its_levels;
    return field;
}

// Five columns, of which two are left to the native scheme.
Result result_of() {
    Result result;
    result.fields = {field_of("flux", "Pa", OutputKind::flux, 3),
                     field_of("du", "m s-1 day-1", OutputKind::tendency, levels),
                     field_of("dT", "K s-1", OutputKind::tendency, levels)};
    result.rows.push_back(rows_of(Dtype::float64, 3, std::vector<double>(15, 7.0)));
    result.rows.push_back(rows_of(Dtype::float32, 2, std::vector<double>(10, 7.0)));
    result.rows.push_back(rows_of(Dtype::float64, 2, std::vector<double>(10, 7.0)));
    result.marks.resize(5);
    result.marks[0].decision = ColumnMark::kept;
    result.marks[1].decision = ColumnMark::native;
    result.marks[2].decision = ColumnMark::zeroed;
    result.marks[4].decision = ColumnMark::native;
    return result;
}

using Answer = std::function<gwparam_status(const gwparam_native_columns &, char *)>;

gwparam_status answer(void *context, const gwparam_native_columns *columns,
                      char *message, std::int64_t capacity) {
    return capacity > 100 ? (*static_cast<Answer *>(context))(*columns, message)
                          : GWPARAM_ERR_INTERNAL;
}

gwparam_status give_all(const gwparam_native_columns &asked) {
    for (std::int64_t i = 0; i < asked.tendencies * asked.columns * asked.levels; ++i) {
        asked.drag[i] = static_cast<double>(i + 1);
    }
    return GWPARAM_OK;
}

void apply(Answer its, Result &result, bool flip = false) {
    NativeFallback fallback;
    fallback.set(answer, &its);
    Places places;
    places.latitude = {0, 10, 20, 30, 40};
    fallback.apply(result, levels, flip, places);
}

void test_answer() {
    for (const bool flip : {false, true}) {
        Result result = result_of();
        std::string asked;
        apply(
            [&](const gwparam_native_columns &its, char *) {
                for (std::int64_t c = 0; c < its.columns; ++c) {
                    asked += std::to_string(its.column[c]) + " ";
                }
                for (std::int64_t t = 0; t < its.tendencies; ++t) {
                    asked += std::string(its.name[t]) + " [" + its.units[t] + "] ";
                }
                return give_all(its);
            },
            result, flip);
        ok(asked == "1 4 du [m s-2] dT [K s-1] ",
           "it is asked for tendencies of the columns that are left to it");
        std::vector<double> du(4);
        std::vector<double> dt(4);
        const std::size_t top = flip ? 1 : 0;
        for (const std::size_t c : {0, 1}) {
            const double first = 2.0 * static_cast<double>(c) + 1.0;
            du[2 * c + top] = 86400.0 * first;
            du[2 * c + 1 - top] = 86400.0 * (first + 1.0);
            dt[2 * c + top] = first + 4.0;
            dt[2 * c + 1 - top] = first + 5.0;
        }
        ok(result.native_columns == std::vector<std::int64_t>{1, 4} &&
               values_of(result.native[1]) == du && values_of(result.native[2]) == dt &&
               result.native[0].count() == 0,
           "they have it in the units and the order of the rows");
        result.marks.assign(5, {});
        apply([](const gwparam_native_columns &its, char *) { return give_all(its); },
              result, flip);
        ok(result.native_columns.empty() && result.native.empty(),
           "and no longer once nothing is caught");
    }
}

void test_nothing_is_asked() {
    Result result = result_of();
    result.marks.assign(5, {ColumnMark::kept});
    bool was_asked = false;
    apply(
        [&](const gwparam_native_columns &, char *) {
            was_asked = true;
            return GWPARAM_OK;
        },
        result);
    ok(!was_asked, "where there is no such column it is not called");
}

void test_failures() {
    Result result = result_of();
    ok(throws(GWPARAM_ERR_SHAPE, "the native scheme failed: no wave has any stress",
              [&] {
                  apply(
                      [](const gwparam_native_columns &its, char *message) {
                          std::strcpy(message, "no wave has any stress");
                          static_cast<void>(give_all(its));
                          return GWPARAM_ERR_SHAPE;
                      },
                      result);
              }),
       "what it reports is thrown");
    for (const gwparam_status status : {3, -98}) {
        ok(throws(GWPARAM_ERR_ARGUMENT,
                  "the native scheme failed with status " + std::to_string(status),
                  [&] {
                      apply([&](const gwparam_native_columns &,
                                char *) { return status; },
                            result);
                  }),
           "an unknown status is an argument's");
    }
    ok(throws(
           GWPARAM_ERR_NONFINITE,
           "the native scheme gives nan for dT in column 5, counted from 1 (latitude "
           "40 degrees), expected a finite value",
           [&] {
               apply(
                   [](const gwparam_native_columns &its, char *) {
                       const double last = its.drag[7];
                       static_cast<void>(give_all(its));
                       its.drag[7] = last;
                       return GWPARAM_OK;
                   },
                   result);
           }),
       "what it leaves out is named");
    ok(result.native_columns.empty(), "and there is none of it");
}

void test_check() {
    gwparam_options options{};
    options.on_range = GWPARAM_GUARD_IGNORE;
    options.on_momentum = GWPARAM_GUARD_IGNORE;
    NativeFallback fallback;
    fallback.check(options);
    options.on_unphysical = GWPARAM_GUARD_NATIVE;
    ok(throws(GWPARAM_ERR_ARGUMENT,
              "on_unphysical is native, but there is no native scheme: expected "
              "gwparam_scheme_set_native before the first put",
              [&] { fallback.check(options); }),
       "a guard that leaves columns to nobody is refused");
    Answer its;
    fallback.set(answer, &its);
    fallback.check(options);
    fallback.set(nullptr, nullptr);
    ok(throws(GWPARAM_ERR_ARGUMENT, "on_unphysical is native",
              [&] { fallback.check(options); }),
       "also where it was taken away");
}

} // namespace

int main() {
    test_answer();
    test_nothing_is_asked();
    test_failures();
    test_check();
    return done_testing();
}

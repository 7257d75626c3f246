// Keys of a network's origin, and reserved ones: what passes and what is refused.
#include <map>

#include "artefact/contract_parts.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Json;
using gwparam::JsonValue;

struct Case {
    const char *json;
    const char *message;
};

void read(const std::string &text) {
    const Json json = Json::parse(text);
    gwparam::parse_members(JsonValue(json, ""));
    gwparam::refuse_reserved(JsonValue(json, ""));
    gwparam::check_origin(JsonValue(json, ""), {{"drag", 3}, {"top", 1}});
}

bool passes(const std::string &text) {
    try {
        read(text);
    } catch (const gwparam::Error &e) {
        printf("# %s\n", e.what());
        return false;
    }
    return true;
}

void test_passes() {
    ok(passes("{}"), "nothing of it need be there");
    ok(passes(R"({"lead_time": 0, "members": 1, "column_program": null,
                  "checksums": null, "mask": null, "training_dates": null,
                  "expected_error": null})"),
       "what a reader does anyway, and null");
    ok(passes(R"({"mask": {"ratio": 1, "seed": 0}})"), "a mask");
    ok(passes(R"({"lead_time": 21600})"), "a lead time");
    ok(passes(R"({"members": 2,
                  "source": {"further": [{"checkpoint": "b.pt", "sha256": "1"}]}})"),
       "two members");
    ok(passes(R"({"exported_program": {"file": "a.pt2", "weights": "b.json"}})"),
       "an exported program");
    ok(passes(R"({"training_dates": [
                      {"first": "1979-02-30", "last": "1979-02-30",
                       "calendar": "360_day"},
                      {"first": "1999-12-31", "last": "2000-01-01"}]})"),
       "dates in any calendar, one day too");
    ok(passes(R"({"expected_error": [{"name": "top", "root_mean_square": [0]},
                                     {"name": "drag", "root_mean_square": [1, 0, 2]}]})"),
       "errors, a value a level");
}

void test_reserved() {
    const Case cases[] = {
        {R"({"lead_time": -1.5})", "lead_time is -1.5, expected at least 0"},
        {R"({"members": 0})", "members is 0, expected 1 to 64"},
        {R"({"members": 65})", "members is 65, expected 1 to 64"},
        {R"({"members": 3})", "source.further has 0 values, expected 2"},
        {R"({"source": {"further": [{"checkpoint": "b.pt", "sha256": "1"}]}})",
         "source.further has 1 values, expected 0"},
        {R"({"members": 2, "source": {"further": [{"checkpoint": "b.pt"}]}})",
         "source.further[0].sha256 is missing, expected a string"},
        {R"({"column_program": {"file": "a.so", "version": 2}})",
         "column_program is a.so, expected null: it is reserved"},
        {R"({"column_program": {"file": "a.so", "version": "2"}})",
         "column_program.version is \"2\", expected an integer"},
        {R"({"exported_program": {"file": "a.pt2", "weights": 2}})",
         "exported_program.weights is 2, expected a string"},
        {R"({"checksums": [{"file": "a", "sha256": "b"}, {"file": "c", "sha256": "d"}]})",
         "checksums is an array of 2, expected null: they are reserved"},
        {R"({"checksums": [{"file": "a"}]})",
         "checksums[0].sha256 is missing, expected a string"},
    };
    for (const Case &one : cases) {
        ok(refused_with(one.message, [&] { read(one.json); }), one.message);
    }
}

void test_origin() {
    const Case cases[] = {
        {R"({"mask": {"ratio": 1.25, "seed": 0}})",
         "mask.ratio is 1.25, expected 0 to 1"},
        {R"({"mask": {"ratio": -0.5, "seed": 0}})",
         "mask.ratio is -0.5, expected 0 to 1"},
        {R"({"mask": {"ratio": 0, "seed": -7}})",
         "mask.seed is -7, expected at least 0"},
        {R"({"mask": {"ratio": 0, "share": 1}})", "mask.share is no key of a contract"},
        {R"({"training_dates": [{"first": "1980-01-02", "last": "1980-01-01"}]})",
         "training_dates[0].last is 1980-01-01, expected 1980-01-02 or later"},
        {R"({"training_dates": [{"first": "1980-13-01", "last": "1980-01-01"}]})",
         "training_dates[0].first is \"1980-13-01\", expected a date such as "
         "1979-12-31"},
        {R"({"training_dates": [{"first": "1980-01-01", "last": "1980-01-32"}]})",
         "training_dates[0].last is \"1980-01-32\", expected a date such as "
         "1979-12-31"},
        {R"({"training_dates": [{"first": "1980-1-1", "last": "1980-01-01"}]})",
         "training_dates[0].first is \"1980-1-1\", expected a date such as 1979-12-31"},
        {R"({"training_dates": [{"first": "198x-01-01", "last": "1980-01-01"}]})",
         "training_dates[0].first is \"198x-01-01\", expected a date such as "
         "1979-12-31"},
        {R"({"training_dates": [{"first": "1980-01-01", "last": "1980-01-01",
                                 "calendar": 360}]})",
         "training_dates[0].calendar is 360, expected a string"},
        {R"({"expected_error": [{"name": "u", "root_mean_square": [1]}]})",
         "expected_error[0].name is u, expected an output or tendency"},
        {R"({"expected_error": [{"name": "top", "root_mean_square": [1]},
                                {"name": "top", "root_mean_square": [1]}]})",
         "expected_error[1].name is top again, expected distinct ones"},
        {R"({"expected_error": [{"name": "drag", "root_mean_square": [1, 2]}]})",
         "expected_error[0].root_mean_square has 2 values, expected 3"},
        {R"({"expected_error": [{"name": "drag", "root_mean_square": [1, -2, 3]}]})",
         "expected_error[0].root_mean_square is -2, expected at least 0"},
    };
    for (const Case &one : cases) {
        ok(refused_with(one.message, [&] { read(one.json); }), one.message);
    }
}

} // namespace

int main() {
    test_passes();
    test_reserved();
    test_origin();
    return done_testing();
}

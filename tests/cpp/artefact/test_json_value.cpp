// JSON text that is taken, values of each type, and the messages that name their keys.
#include <string>

#include "artefact/json_value.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Json;
using gwparam::JsonValue;
using gwparam::parse_json_object;

// Arrays within an object, so many in all.
std::string nested(int depth) {
    return R"({"a": )" + std::string(depth - 1, '[') + std::string(depth - 1, ']') +
           "}";
}

void test_text() {
    ok(parse_json_object(R"({"a": {"x": 1}, "b": [{"x": 2}, {"x": 3}]})") ==
           Json{{"a", {{"x", 1}}}, {"b", {{{"x", 2}}, {{"x", 3}}}}},
       "the same key in different objects");
    ok(refused_with(
           "contract has x twice in one object, expected once",
           [] { parse_json_object(R"({"a": {"x": 1, "y": [{"x": 1}], "x": 1}})"); }),
       "a key twice in one object");
    ok(parse_json_object(nested(32)).contains("a"), "32 in one another");
    ok(refused_with("contract is nested deeper than 32",
                    [] { parse_json_object(nested(33)); }),
       "33 are too many");
    ok(refused_with("contract is not valid JSON: it holds a null character",
                    [] { parse_json_object(std::string("{}\0", 3)); }),
       "a null character");
    ok(refused_with("contract is [1,2], expected an object",
                    [] { parse_json_object("[1, 2]"); }),
       "no object");
    for (const char *text : {"", "{", R"({"a": 1,})", R"({"a": NaN})",
                             R"({"a": 1e999})", "{} {}", "{\"a\": \"\xff\"}"}) {
        ok(throws(GWPARAM_ERR_CONTRACT,
                  "contract is not valid JSON: ", [&] { parse_json_object(text); }),
           text[0] == '\0' ? "nothing" : "no JSON");
    }
}

void test_values() {
    const Json json = Json::parse(
        R"({"text": "t", "least": -9223372036854775808, "most": 9223372036854775807,
            "real": 0.5, "list": [1, 2.5, -3], "none": null, "empty": []})");
    const JsonValue root(json, "");
    ok(root.at("text").text() == "t" && root.at("real").number() == 0.5 &&
           root.at("least").integer() == INT64_MIN &&
           root.at("most").integer() == INT64_MAX,
       "texts and numbers");
    ok(root.at("list").numbers() == std::vector<double>{1.0, 2.5, -3.0} &&
           root.at("list").numbers_or_none() == std::vector<double>{1.0, 2.5, -3.0} &&
           root.at("empty").numbers().empty(),
       "lists");
    ok(!root.at("none").is_given() && !root.at("absent").is_given() &&
           root.at("empty").is_given() && root.at("none").numbers_or_none().empty(),
       "null is as absent, an empty list is not");
    ok(root.at("text").choice({"s", "t", "u"}) == 1, "the place of a text");
}

void test_refused() {
    const Json json = Json::parse(
        R"({"part": {"list": [1, "two"], "big": 9223372036854775808, "whole": 1.0,
            "yes": true, "long": "123456789 123456789 123456789 123456789 123456789 123456789"}})");
    const JsonValue root(json, "");
    const JsonValue part = root.at("part");
    const auto expect = [&](const char *message, auto &&body) {
        ok(refused_with(message, body), message);
    };
    expect("part.list[1] is \"two\", expected a finite number",
           [&] { part.at("list").numbers(); });
    expect("part.big is 9223372036854775808, expected an integer",
           [&] { part.at("big").integer(); });
    expect("part.whole is 1.0, expected an integer",
           [&] { part.at("whole").integer(); });
    expect("part.yes is true, expected an integer", [&] { part.at("yes").integer(); });
    expect("part.yes is true, expected a finite number",
           [&] { part.at("yes").number(); });
    expect("part.absent is missing, expected a string",
           [&] { part.at("absent").text(); });
    expect("part.absent is missing, expected an array",
           [&] { part.at("absent").numbers(); });
    expect("part.yes is true, expected a, b or c",
           [&] { part.at("yes").choice({"a", "b", "c"}); });
    expect(
        "part.long is \"123456789 123456789 123456789 123456789 123456789 123456..., "
        "expected an array",
        [&] { part.at("long").items(); });
    expect("part.whole is 1.0, expected an object",
           [&] { part.at("whole").expect_keys({}); });
    expect("part.big is no key of a contract",
           [&] { part.expect_keys({"list", "long", "whole", "yes"}); });
    expect("part is no key of a contract", [&] { root.expect_keys({"whole"}); });
}

void test_key() {
    const Json json = Json::parse(R"({"a": [{"b": 0}, {"b": 1}, {"b": 2}]})");
    const std::vector<JsonValue> items = JsonValue(json, "").at("a").items();
    ok(items.size() == 3 && items[2].at("b").key() == "a[2].b" &&
           items[2].at("b").integer() == 2,
       "a value knows where it is");
}

} // namespace

int main() {
    test_text();
    test_values();
    test_refused();
    test_key();
    return done_testing();
}

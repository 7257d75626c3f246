// JSON text and the values in it, whose messages name their keys.
//
// gwparam/contract/typed_json.py takes the same texts and types.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace gwparam {

using Json = nlohmann::json;

// Objects and arrays within one another.
constexpr int max_depth = 32;

// Throws ERR_CONTRACT unless the text is a JSON object without a key twice, a number
// that no double holds, or more than max_depth in one another.
Json parse_json_object(const std::string &text);

// Throws ERR_CONTRACT: "key is found, expected ...".
[[noreturn]] void refuse(const std::string &key, const std::string &found,
                         const std::string &expected);

// One value of a document that outlives it. Every function throws ERR_CONTRACT, naming
// the key, if the value is missing or of another type.
class JsonValue {
  public:
    JsonValue(const Json &json, std::string key) : json_(&json), key_(std::move(key)) {}

    const std::string &key() const { return key_; }
    bool is_given() const { return !json_->is_null(); }

    // Of an object, which has no other keys than these.
    void expect_keys(std::initializer_list<const char *> keys) const;
    // Of an object; null if it is absent.
    JsonValue at(const char *key) const;
    // Of an array.
    std::vector<JsonValue> items() const;

    std::string text() const;
    bool boolean() const;
    std::int64_t integer() const;
    double number() const;
    std::vector<double> numbers() const;
    // As numbers(), or nothing if it is absent.
    std::vector<double> numbers_or_none() const;
    // The place of a text among those allowed.
    std::size_t choice(std::initializer_list<const char *> allowed) const;

  private:
    [[noreturn]] void reject(const std::string &expected) const;

    const Json *json_;
    std::string key_;
};

} // namespace gwparam

#include "artefact/json_value.hpp"

#include <limits>
#include <set>

#include "base/error.hpp"

namespace gwparam {

namespace {

[[noreturn]] void reject_text(const std::string &message) {
    throw Error(GWPARAM_ERR_CONTRACT, message);
}

// What parsing alone would pass over: keys that are there twice, and depth.
class KeysAndDepth {
  public:
    bool operator()(int, Json::parse_event_t event, const Json &parsed) {
        switch (event) {
        case Json::parse_event_t::object_start:
        case Json::parse_event_t::array_start:
            keys_.emplace_back();
            if (keys_.size() > max_depth) {
                reject_text("contract is nested deeper than " +
                            std::to_string(max_depth));
            }
            break;
        case Json::parse_event_t::object_end:
        case Json::parse_event_t::array_end:
            keys_.pop_back();
            break;
        case Json::parse_event_t::key:
            if (!keys_.back().insert(parsed.get<std::string>()).second) {
                reject_text("contract has " + parsed.get<std::string>() +
                            " twice in one object, expected once");
            }
            break;
        case Json::parse_event_t::value:
            break;
        }
        return true;
    }

  private:
    std::vector<std::set<std::string>> keys_; // of the objects and arrays around
};

std::string shown(const Json &json) {
    constexpr std::size_t longest = 60;
    std::string text = json.is_null() ? "missing" : json.dump();
    if (text.size() > longest) {
        text = text.substr(0, longest - 3) + "...";
    }
    return text;
}

} // namespace

void refuse(const std::string &key, const std::string &found,
            const std::string &expected) {
    reject_text(key + " is " + found + ", expected " + expected);
}

Json parse_json_object(const std::string &text) {
    Json json;
    if (text.find('\0') != std::string::npos) { // the parser would stop there
        reject_text("contract is not valid JSON: it holds a null character");
    }
    try {
        json = Json::parse(text, KeysAndDepth());
    } catch (const Json::exception &e) {
        reject_text(std::string("contract is not valid JSON: ") + e.what());
    }
    if (!json.is_object()) {
        refuse("contract", shown(json), "an object");
    }
    return json;
}

void JsonValue::reject(const std::string &expected) const {
    refuse(key_, shown(*json_), expected);
}

void JsonValue::expect_keys(std::initializer_list<const char *> keys) const {
    if (!json_->is_object()) {
        reject("an object");
    }
    for (const auto &item : json_->items()) {
        bool known = false;
        for (const char *key : keys) {
            known = known || item.key() == key;
        }
        if (!known) {
            reject_text((key_.empty() ? "" : key_ + ".") + item.key() +
                        " is no key of a contract");
        }
    }
}

JsonValue JsonValue::at(const char *key) const {
    static const Json absent;
    const auto found = json_->find(key);
    return {found == json_->end() ? absent : *found,
            key_.empty() ? key : key_ + "." + key};
}

std::vector<JsonValue> JsonValue::items() const {
    if (!json_->is_array()) {
        reject("an array");
    }
    std::vector<JsonValue> items;
    for (const Json &item : *json_) {
        items.emplace_back(item, key_ + "[" + std::to_string(items.size()) + "]");
    }
    return items;
}

std::string JsonValue::text() const {
    if (!json_->is_string()) {
        reject("a string");
    }
    return json_->get<std::string>();
}

bool JsonValue::boolean() const {
    if (!json_->is_boolean()) {
        reject("true or false");
    }
    return json_->get<bool>();
}

std::int64_t JsonValue::integer() const {
    // An unsigned number is one that may be too large.
    const bool fits = !json_->is_number_unsigned() ||
                      json_->get<std::uint64_t>() <=
                          std::uint64_t(std::numeric_limits<std::int64_t>::max());
    if (!json_->is_number_integer() || !fits) {
        reject("an integer");
    }
    return json_->get<std::int64_t>();
}

double JsonValue::number() const {
    if (!json_->is_number()) {
        reject("a finite number");
    }
    return json_->get<double>();
}

std::vector<double> JsonValue::numbers() const {
    std::vector<double> values;
    for (const JsonValue &item : items()) {
        values.push_back(item.number());
    }
    return values;
}

std::vector<double> JsonValue::numbers_or_none() const {
    return is_given() ? numbers() : std::vector<double>{};
}

std::size_t JsonValue::choice(std::initializer_list<const char *> allowed) const {
    std::string expected;
    std::size_t number = 0;
    for (const char *text : allowed) {
        if (json_->is_string() && *json_ == text) {
            return number;
        }
        const bool is_last = ++number == allowed.size();
        expected += number == 1 ? "" : is_last ? " or " : ", ";
        expected += text;
    }
    reject(expected);
}

} // namespace gwparam

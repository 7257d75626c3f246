#include "fuzz.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <iterator>
#include <limits>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace {

using nlohmann::json;

std::size_t below(std::mt19937 &random, std::size_t limit) { return random() % limit; }

json edge_value(std::mt19937 &random) {
    const json values[] = {0,
                           1,
                           -1,
                           2,
                           3,
                           1000,
                           1 << 22,
                           (1 << 22) + 1,
                           std::int64_t{1} << 31,
                           std::int64_t{1} << 32,
                           std::numeric_limits<std::int64_t>::max(),
                           std::numeric_limits<std::int64_t>::min(),
                           std::numeric_limits<std::uint64_t>::max(),
                           0.5,
                           -0.0,
                           1e300,
                           -1e300,
                           5e-324,
                           1e19,
                           true,
                           false,
                           nullptr,
                           "",
                           " ",
                           "1",
                           "w",
                           "full",
                           "surface",
                           "half",
                           "float32",
                           "float64",
                           "\xc3\xa9",
                           std::string(1, '\0'),
                           std::string(300, 'a'),
                           json::array(),
                           json::object(),
                           json::array({0, 1, 1}),
                           json::array({nullptr}),
                           json::array({1e300})};
    return values[below(random, std::size(values))];
}

// Every value inside, and its parent.
struct Place {
    json *parent;
    std::string key;
    std::size_t index;

    json &value() const {
        return parent->is_array() ? (*parent)[index] : (*parent)[key];
    }
};

void add_places(json &value, std::vector<Place> &places) {
    if (value.is_object()) {
        for (const auto &item : value.items()) {
            places.push_back({&value, item.key(), 0});
        }
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            places.push_back({&value, "", i});
        }
    } else {
        return;
    }
    for (json &inner : value) {
        add_places(inner, places);
    }
}

void change(json &document, std::mt19937 &random) {
    std::vector<Place> places;
    add_places(document, places);
    if (places.empty()) {
        return;
    }
    const Place place = places[below(random, places.size())];
    const json other = places[below(random, places.size())].value();
    json &value = place.value();
    switch (below(random, 8)) {
    case 0:
        value = edge_value(random);
        break;
    case 1:
        value = other;
        break;
    case 2:
        if (place.parent->is_array()) {
            place.parent->erase(place.index);
        } else {
            place.parent->erase(place.key);
        }
        break;
    case 3:
        if (place.parent->is_array()) {
            place.parent->insert(place.parent->begin() + std::ptrdiff_t(place.index),
                                 other);
        } else {
            (*place.parent)[place.key + "_"] = other;
        }
        break;
    case 4:
        if (place.parent->is_array()) { // its length is another one
            const std::size_t length = below(random, 2 * place.parent->size() + 1);
            place.parent->get_ref<json::array_t &>().resize(length, other);
        }
        break;
    default: // mostly, a number near by
        if (value.is_number_integer()) {
            const auto number = value.get<std::int64_t>();
            const std::int64_t step = std::int64_t(below(random, 9)) - 4;
            if (std::abs(double(number)) < 1e15) {
                value = below(random, 4) == 0 ? number * step : number + step;
            }
        } else if (value.is_number()) {
            value = value.get<double>() * std::ldexp(1.0, int(below(random, 41)) - 20);
        } else if (value.is_string()) {
            value = other.is_string() ? other : edge_value(random);
        }
        break;
    }
}

} // namespace

std::size_t place_input(const std::string &text, std::uint8_t *data,
                        std::size_t max_size) {
    const std::size_t size = std::min(text.size(), max_size);
    std::memcpy(data, text.data(), size);
    return size;
}

bool accepts(const std::vector<int> &statuses, const std::function<void()> &body) {
    try {
        body();
        return true;
    } catch (const gwparam::Error &e) {
        if (std::count(statuses.begin(), statuses.end(), e.status()) == 0 ||
            *e.what() == '\0') {
            std::cerr << "fuzz: status " << e.status() << ", \"" << e.what() << "\"\n";
            std::abort();
        }
        return false;
    } catch (const std::exception &e) {
        std::cerr << "fuzz: another exception, " << e.what() << "\n";
        std::abort();
    }
}

std::size_t mutate_json(std::uint8_t *data, std::size_t size, std::size_t max_size,
                        std::mt19937 &random) {
    json document = json::parse(data, data + size, nullptr, false);
    if (document.is_discarded() || below(random, 8) == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    change(document, random);
    return place_input(document.dump(-1, ' ', false, json::error_handler_t::replace),
                       data, max_size);
}

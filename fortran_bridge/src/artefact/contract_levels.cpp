// What a result depends on, and the network's levels.
#include <algorithm>
#include <cmath>

#include "artefact/contract_parts.hpp"
#include "base/constants.hpp"
#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr std::int64_t max_levels = 100000;

[[noreturn]] void reject(const std::string &message) {
    throw Error(GWPARAM_ERR_CONTRACT, message);
}

// Checks that the keys of a kind are there, and none that only others have.
void expect_kind(const JsonValue &json, std::initializer_list<const char *> others,
                 std::initializer_list<const char *> needed,
                 std::initializer_list<const char *> optional = {}) {
    const auto has = [](const auto &keys, const std::string &key) {
        return std::find(keys.begin(), keys.end(), key) != keys.end();
    };
    for (const char *key : others) {
        const JsonValue value = json.at(key);
        const std::string kind = json.at("kind").text();
        if (has(needed, key) && !value.is_given()) {
            reject(value.key() + " is missing, expected with kind " + kind);
        }
        if (value.is_given() && !has(needed, key) && !has(optional, key)) {
            reject(value.key() + " is no key of kind " + kind);
        }
    }
}

bool ascends(const std::vector<double> &values) {
    return std::adjacent_find(values.begin(), values.end(), [](double a, double b) {
               return !(a < b);
           }) == values.end();
}

std::vector<double> parse_axis(const JsonValue &json, double bound) {
    const std::vector<double> degrees = json.numbers_or_none();
    if (!json.is_given()) {
        return degrees;
    }
    std::vector<double> upwards = degrees;
    if (!degrees.empty() && degrees.front() > degrees.back()) {
        std::reverse(upwards.begin(), upwards.end());
    }
    if (degrees.empty() || !ascends(upwards) || upwards.front() < -bound ||
        upwards.back() > bound) {
        reject(json.key() + " is not monotonic within " + number_text(-bound) + " to " +
               number_text(bound) + " degrees");
    }
    if (upwards.back() - upwards.front() >= 360.0) {
        reject(json.key() + " goes round the globe more than once");
    }
    return degrees;
}

void check_pressure(std::vector<double> pressure, bool top_down,
                    const std::string &key) {
    if (!top_down) {
        std::reverse(pressure.begin(), pressure.end());
    }
    const bool finite = std::all_of(pressure.begin(), pressure.end(),
                                    [](double p) { return p > 0.0 && !std::isinf(p); });
    if (!finite || !ascends(pressure)) {
        reject(key + " is not positive and monotonic, " +
               (top_down ? "top_down" : "bottom_up"));
    }
}

std::vector<double> parse_pressure(const JsonValue &json, const Vertical &vertical) {
    const std::vector<double> pressure = json.numbers_or_none();
    if (json.is_given()) {
        check_count(json, pressure.size(), vertical.nlev);
        check_pressure(pressure, vertical.top_down, json.key());
    }
    return pressure;
}

// Half levels are reserved.
void refuse_half_levels(const JsonValue &json, std::int64_t nlev) {
    for (const char *key : {"half_pressure", "half_a", "half_b"}) {
        const JsonValue value = json.at(key);
        if (value.is_given()) {
            check_count(value, value.numbers().size(), nlev + 1);
            refuse(value.key(), "given", "null: half levels are reserved");
        }
    }
}

void check_hybrid(const Vertical &vertical) {
    std::vector<double> pressure;
    pressure.reserve(vertical.a.size());
    for (std::size_t k = 0; k < vertical.a.size(); ++k) {
        pressure.push_back(vertical.a[k] + vertical.b[k] * reference_surface_pressure);
    }
    check_pressure(pressure, vertical.top_down, "vertical.a + b * 100000 Pa");
}

} // namespace

Geometry parse_geometry(const JsonValue &json) {
    json.expect_keys({"kind", "radius", "poles", "latitude", "longitude"});
    constexpr GeometryKind kinds[] = {GeometryKind::column, GeometryKind::stencil,
                                      GeometryKind::global};
    Geometry geometry;
    geometry.kind = kinds[json.at("kind").choice({"column", "stencil", "global"})];
    const auto others = {"radius", "poles", "latitude", "longitude"};
    switch (geometry.kind) {
    case GeometryKind::column:
        expect_kind(json, others, {});
        break;
    case GeometryKind::stencil:
        expect_kind(json, others, {"radius", "poles"});
        break;
    case GeometryKind::global:
        expect_kind(json, others, {"latitude", "longitude"});
        break;
    }
    if (geometry.kind == GeometryKind::stencil) {
        const JsonValue radius = json.at("radius");
        if (radius.integer() != 1 && radius.integer() != 2) {
            refuse(radius.key(), std::to_string(radius.integer()), "1 or 2");
        }
        geometry.radius = static_cast<int>(radius.integer());
        json.at("poles").choice({"edge"});
    }
    geometry.latitude = parse_axis(json.at("latitude"), 90.0);
    geometry.longitude = parse_axis(json.at("longitude"), 360.0);
    return geometry;
}

Vertical parse_vertical(const JsonValue &json) {
    json.expect_keys({"kind", "order", "nlev", "nominal_pressure", "nominal_tolerance",
                      "pressure", "a", "b", "outside", "half_pressure", "half_a",
                      "half_b"});
    Vertical vertical;
    const std::size_t kind = json.at("kind").choice({"host", "pressure", "hybrid"});
    vertical.kind = kind == 0 ? VerticalKind::host : VerticalKind::pressure;
    vertical.top_down = json.at("order").choice({"top_down", "bottom_up"}) == 0;
    const JsonValue nlev = json.at("nlev");
    vertical.nlev = nlev.integer();
    if (vertical.nlev < 1 || vertical.nlev > max_levels) {
        refuse(nlev.key(), std::to_string(vertical.nlev),
               "1 to " + std::to_string(max_levels));
    }
    const auto others = {
        "nominal_pressure", "nominal_tolerance", "pressure", "a",     "b",
        "outside",          "half_pressure",     "half_a",   "half_b"};
    if (kind == 0) {
        expect_kind(json, others, {"nominal_tolerance"},
                    {"nominal_pressure", "half_pressure"});
        const JsonValue tolerance = json.at("nominal_tolerance");
        vertical.nominal_tolerance = tolerance.number();
        // Relative: at 1 any pressure below would do.
        if (!(vertical.nominal_tolerance >= 0.0 && vertical.nominal_tolerance < 1.0)) {
            refuse(tolerance.key(), number_text(vertical.nominal_tolerance),
                   "at least 0 and below 1");
        }
        vertical.nominal_pressure =
            parse_pressure(json.at("nominal_pressure"), vertical);
    } else if (kind == 1) {
        expect_kind(json, others, {"pressure", "outside"}, {"half_pressure"});
        vertical.a = parse_pressure(json.at("pressure"), vertical);
        vertical.b.assign(vertical.a.size(), 0.0);
    } else {
        expect_kind(json, others, {"a", "b", "outside"}, {"half_a", "half_b"});
        vertical.a = json.at("a").numbers();
        vertical.b = json.at("b").numbers();
        check_count(json.at("a"), vertical.a.size(), vertical.nlev);
        check_count(json.at("b"), vertical.b.size(), vertical.nlev);
        check_hybrid(vertical);
    }
    if (kind != 0) {
        vertical.outside = json.at("outside").choice({"zero", "taper"}) == 0
                               ? Outside::zero
                               : Outside::taper;
    }
    refuse_half_levels(json, vertical.nlev);
    return vertical;
}

} // namespace gwparam

#include "artefact/contract.hpp"

#include <algorithm>
#include <cmath>

// Errors then name the key. gcc 12 takes the parent pointers that this adds for reads
// beyond an array.
#define JSON_DIAGNOSTICS 1
#pragma GCC diagnostic ignored "-Warray-bounds"
#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace gwparam {

namespace {

using Json = nlohmann::json;

[[noreturn]] void reject(const std::string &message) {
    throw Error(GWPARAM_ERR_CONTRACT, message);
}

Dtype parse_dtype(const std::string &name, const std::string &field) {
    if (name == "float32") {
        return Dtype::float32;
    }
    if (name == "float64") {
        return Dtype::float64;
    }
    reject(field + " has dtype " + name + ", expected float32 or float64");
}

std::int64_t parse_levels(const std::string &levels, std::int64_t nlev,
                          const std::string &field) {
    if (levels == "full") {
        return nlev;
    }
    if (levels == "surface") {
        return 0;
    }
    reject(field + " is on levels \"" + levels + "\", expected full or surface");
}

void expect_text(const Json &object, const char *key, const std::string &expected) {
    const auto found = object.at(key).get<std::string>();
    if (found != expected) {
        reject(std::string(key) + " is \"" + found + "\", expected \"" + expected +
               "\"");
    }
}

std::vector<FieldContract> parse_fields(const Json &list, std::int64_t nlev) {
    std::vector<FieldContract> fields;
    for (const Json &item : list) {
        FieldContract field;
        field.name = item.at("name").get<std::string>();
        field.units = item.at("units").get<std::string>();
        field.dtype = parse_dtype(item.at("dtype").get<std::string>(), field.name);
        field.levels =
            parse_levels(item.at("levels").get<std::string>(), nlev, field.name);
        fields.push_back(field);
    }
    if (fields.empty()) {
        reject("inputs and outputs need at least one field each");
    }
    return fields;
}

FieldContract &find_field(std::vector<FieldContract> &fields, const std::string &name,
                          const char *key) {
    for (FieldContract &field : fields) {
        if (field.name == name) {
            return field;
        }
    }
    reject(std::string(key) + " names " + name + ", which is no field of the contract");
}

std::vector<double> values_or_nothing(const Json &values, const FieldContract &field) {
    if (values.is_null()) {
        return {};
    }
    const auto list = values.get<std::vector<double>>();
    if (static_cast<std::int64_t>(list.size()) != field.width()) {
        reject("training_range of " + field.name + " has " +
               std::to_string(list.size()) + " values, expected " +
               std::to_string(field.width()));
    }
    return list;
}

std::vector<double> parse_values(const Json &object, const char *key,
                                 std::int64_t count) {
    const auto values = object.at(key).get<std::vector<double>>();
    if (static_cast<std::int64_t>(values.size()) != count) {
        reject(std::string(key) + " has " + std::to_string(values.size()) +
               " values, expected " + std::to_string(count));
    }
    return values;
}

bool is_given(const Json &object, const char *key) {
    return object.contains(key) && !object.at(key).is_null();
}

Vertical parse_vertical(const Json &json) {
    Vertical vertical;
    const auto order = json.at("order").get<std::string>();
    if (order != "top_down" && order != "bottom_up") {
        reject("order is \"" + order + "\", expected \"top_down\" or \"bottom_up\"");
    }
    vertical.top_down = order == "top_down";
    vertical.nlev = json.at("nlev").get<std::int64_t>();
    if (vertical.nlev < 1) {
        reject("nlev is " + std::to_string(vertical.nlev) + ", expected at least 1");
    }
    const auto kind = json.at("kind").get<std::string>();
    if (kind == "host") {
        if (is_given(json, "nominal_pressure")) {
            vertical.nominal_pressure =
                parse_values(json, "nominal_pressure", vertical.nlev);
            vertical.nominal_tolerance = json.at("nominal_tolerance").get<double>();
        }
        return vertical;
    }
    vertical.kind = VerticalKind::pressure;
    if (kind == "pressure") {
        vertical.a = parse_values(json, "pressure", vertical.nlev);
        vertical.b.assign(vertical.a.size(), 0.0);
    } else if (kind == "hybrid") {
        vertical.a = parse_values(json, "a", vertical.nlev);
        vertical.b = parse_values(json, "b", vertical.nlev);
    } else {
        reject("kind is \"" + kind +
               "\", expected \"host\", \"pressure\" or \"hybrid\"");
    }
    const auto outside = json.at("outside").get<std::string>();
    if (outside != "zero" && outside != "taper") {
        reject("outside is \"" + outside + "\", expected \"zero\" or \"taper\"");
    }
    vertical.outside = outside == "taper" ? Outside::taper : Outside::zero;
    return vertical;
}

Geometry parse_geometry(const Json &json) {
    Geometry geometry;
    const auto kind = json.at("kind").get<std::string>();
    if (kind == "column") {
        return geometry;
    }
    if (kind == "stencil") {
        geometry.kind = GeometryKind::stencil;
        geometry.radius = json.at("radius").get<int>();
        if (geometry.radius < 1) {
            reject("radius is " + std::to_string(geometry.radius) +
                   ", expected at least 1");
        }
        expect_text(json, "poles", "edge");
        return geometry;
    }
    if (kind == "global") {
        geometry.kind = GeometryKind::global;
        geometry.latitude = json.at("latitude").get<std::vector<double>>();
        geometry.longitude = json.at("longitude").get<std::vector<double>>();
        return geometry;
    }
    reject("kind is \"" + kind + "\", expected \"column\", \"stencil\" or \"global\"");
}

// c in tendency = c * dF/dp: -1 for u'omega', g for rho u'w', which is -u'omega'/g.
double flux_factor(const Json &json) {
    constexpr double standard_gravity = 9.80665; // [m s-2]
    const auto quantity = json.at("quantity").get<std::string>();
    const int sign = json.at("sign").get<int>();
    if (sign != 1 && sign != -1) {
        reject("sign is " + std::to_string(sign) + ", expected 1 or -1");
    }
    if (quantity == "omega") {
        return -1.0 * sign;
    }
    if (quantity == "height") {
        return standard_gravity * sign;
    }
    reject("quantity is \"" + quantity + "\", expected \"omega\" or \"height\"");
}

std::vector<Flux> parse_fluxes(const Json &list,
                               const std::vector<FieldContract> &outputs) {
    std::vector<Flux> fluxes;
    for (const Json &item : list) {
        const auto name = item.at("name").get<std::string>();
        const auto found = std::find_if(
            outputs.begin(), outputs.end(),
            [&](const FieldContract &field) { return field.name == name; });
        if (found == outputs.end() || found->levels == 0) {
            reject("flux names " + name + ", which is no output on levels");
        }
        Flux flux;
        flux.output = static_cast<std::size_t>(found - outputs.begin());
        flux.factor = flux_factor(item);
        flux.tendency = *found;
        flux.tendency.name = item.at("tendency").get<std::string>();
        flux.tendency.units = "m s-2";
        fluxes.push_back(flux);
    }
    return fluxes;
}

FieldContract *find_tendency(Contract &contract, const std::string &name) {
    for (Flux &flux : contract.fluxes) {
        if (flux.tendency.name == name) {
            return &flux.tendency;
        }
    }
    for (FieldContract &field : contract.outputs) {
        if (field.name == name) {
            return &field;
        }
    }
    reject("limits names " + name + ", which is no field of the contract");
}

// A drag without a limit would reach a model whatever its size.
void expect_limit(const FieldContract &tendency) {
    if (!(tendency.maximum_magnitude > 0.0)) {
        reject("limits gives " + tendency.name + " no positive maximum_magnitude");
    }
}

void parse_limits(const Json &list, Contract &contract) {
    for (const Json &limit : list) {
        find_tendency(contract, limit.at("name").get<std::string>())
            ->maximum_magnitude = limit.at("maximum_magnitude").get<double>();
    }
    for (const Flux &flux : contract.fluxes) {
        expect_limit(flux.tendency);
    }
    for (const FieldContract &output : contract.outputs) {
        if (output.name.rfind("tendency_of_", 0) == 0) {
            expect_limit(output);
        }
    }
}

void parse_probe(const Json &json, Contract &contract) {
    contract.probe_columns = json.at("columns").get<std::int64_t>();
    if (contract.probe_columns < 1) {
        reject("probe has " + std::to_string(contract.probe_columns) +
               " columns, expected at least 1");
    }
    contract.probe_tolerance = json.at("tolerance").get<double>();
    if (is_given(json, "reduced_tolerance")) {
        contract.probe_reduced_tolerance = json.at("reduced_tolerance").get<double>();
    }
}

Contract parse(const Json &json) {
    const int version = json.at("contract_version").get<int>();
    if (version > newest_contract_version) {
        reject("contract_version is " + std::to_string(version) +
               ", expected at most " + std::to_string(newest_contract_version));
    }
    Contract contract;
    contract.name = json.at("name").get<std::string>();
    contract.geometry = parse_geometry(json.at("geometry"));
    contract.vertical = parse_vertical(json.at("vertical"));
    contract.inputs = parse_fields(json.at("inputs"), contract.vertical.nlev);
    contract.outputs = parse_fields(json.at("outputs"), contract.vertical.nlev);
    if (is_given(json, "backend")) {
        contract.backend = json.at("backend").get<std::string>();
    }
    if (is_given(json, "flux")) {
        contract.fluxes = parse_fluxes(json.at("flux"), contract.outputs);
    }
    for (const Json &range : json.at("training_range")) {
        FieldContract &field = find_field(
            contract.inputs, range.at("name").get<std::string>(), "training_range");
        field.training_mean = values_or_nothing(range.at("mean"), field);
        field.training_deviation =
            values_or_nothing(range.at("standard_deviation"), field);
    }
    parse_limits(json.at("limits"), contract);
    parse_probe(json.at("probe"), contract);
    return contract;
}

} // namespace

const Flux *Contract::flux_of(std::size_t output) const {
    for (const Flux &flux : fluxes) {
        if (flux.output == output) {
            return &flux;
        }
    }
    return nullptr;
}

std::size_t find_field(const std::vector<FieldContract> &fields,
                       const std::string &name, const char *kind) {
    std::string known;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields[i].name == name) {
            return i;
        }
        known += (i == 0 ? "" : ", ") + fields[i].name;
    }
    throw Error(GWPARAM_ERR_CONTRACT, name + " is no " + kind +
                                          " of the network, expected one of " +
                                          (known.empty() ? "none" : known));
}

Contract parse_contract(const std::string &json) {
    try {
        return parse(Json::parse(json));
    } catch (const Json::exception &e) {
        reject(std::string("the contract cannot be read: ") + e.what());
    }
}

} // namespace gwparam

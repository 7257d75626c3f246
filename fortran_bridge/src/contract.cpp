#include "contract.hpp"

#include <cmath>
#include <functional>

// Errors then name the key. gcc 12 takes the parent pointers that this adds for reads
// beyond an array.
#define JSON_DIAGNOSTICS 1
#pragma GCC diagnostic ignored "-Warray-bounds"
#include <nlohmann/json.hpp>

#include "error.hpp"

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

void parse_vertical(const Json &vertical, Contract &contract) {
    expect_text(vertical, "kind", "host");
    const auto order = vertical.at("order").get<std::string>();
    if (order != "top_down" && order != "bottom_up") {
        reject("order is \"" + order + "\", expected \"top_down\" or \"bottom_up\"");
    }
    contract.top_down = order == "top_down";
    contract.nlev = vertical.at("nlev").get<std::int64_t>();
    if (contract.nlev < 1) {
        reject("nlev is " + std::to_string(contract.nlev) + ", expected at least 1");
    }
    const Json &nominal = vertical.at("nominal_pressure");
    if (!nominal.is_null()) {
        contract.nominal_pressure = nominal.get<std::vector<double>>();
        if (static_cast<std::int64_t>(contract.nominal_pressure.size()) !=
            contract.nlev) {
            reject("nominal_pressure has " +
                   std::to_string(contract.nominal_pressure.size()) +
                   " values, expected " + std::to_string(contract.nlev));
        }
    }
    contract.nominal_tolerance = vertical.at("nominal_tolerance").get<double>();
}

Contract parse(const Json &json) {
    const int version = json.at("contract_version").get<int>();
    if (version > newest_contract_version) {
        reject("contract_version is " + std::to_string(version) +
               ", expected at most " + std::to_string(newest_contract_version));
    }
    Contract contract;
    contract.name = json.at("name").get<std::string>();
    expect_text(json.at("geometry"), "kind", "column");
    parse_vertical(json.at("vertical"), contract);
    contract.inputs = parse_fields(json.at("inputs"), contract.nlev);
    contract.outputs = parse_fields(json.at("outputs"), contract.nlev);
    for (const Json &range : json.at("training_range")) {
        FieldContract &field = find_field(
            contract.inputs, range.at("name").get<std::string>(), "training_range");
        field.training_mean = values_or_nothing(range.at("mean"), field);
        field.training_deviation =
            values_or_nothing(range.at("standard_deviation"), field);
    }
    for (const Json &limit : json.at("limits")) {
        find_field(contract.outputs, limit.at("name").get<std::string>(), "limits")
            .maximum_magnitude = limit.at("maximum_magnitude").get<double>();
    }
    for (const FieldContract &output : contract.outputs) {
        if (!(output.maximum_magnitude > 0.0)) {
            reject("limits gives " + output.name + " no positive maximum_magnitude");
        }
    }
    contract.probe_columns = json.at("probe").at("columns").get<std::int64_t>();
    contract.probe_tolerance = json.at("probe").at("tolerance").get<double>();
    if (contract.probe_columns < 1) {
        reject("probe has " + std::to_string(contract.probe_columns) +
               " columns, expected at least 1");
    }
    return contract;
}

} // namespace

Contract parse_contract(const std::string &json) {
    try {
        return parse(Json::parse(json));
    } catch (const Json::exception &e) {
        reject(std::string("the contract cannot be read: ") + e.what());
    }
}

} // namespace gwparam

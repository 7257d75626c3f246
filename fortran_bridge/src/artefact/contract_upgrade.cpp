#include "artefact/contract_upgrade.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace gwparam {

namespace {

using Json = nlohmann::json;

using Keys = std::set<std::string>;

// As version 1 had them for ever, not the first of what the newest has.
const Keys &keys_of_1() {
    static const Keys keys = {
        "contract_version",
        "name",
        "gwparam_version",
        "torch_version",
        "created",
        "source",
        "citation",
        "geometry",
        "inputs",
        "outputs",
        "compute_dtype",
        "vertical",
        "flux",
        "training_range",
        "limits",
        "probe",
    };
    return keys;
}

// The keys of the objects in a contract of version 1; others meant nothing.
const std::map<std::string, Keys> &parts_of_1() {
    static const Keys fields = {"name", "units", "levels", "dtype"};
    static const std::map<std::string, Keys> parts = {
        {"source", {"architecture", "checkpoint", "sha256"}},
        {"geometry", {"kind", "radius", "poles", "latitude", "longitude"}},
        {"inputs", fields},
        {"outputs", fields},
        {"vertical",
         {"kind", "order", "nlev", "nominal_pressure", "nominal_tolerance", "pressure",
          "a", "b", "outside"}},
        {"flux", {"name", "quantity", "sign", "tendency", "given_levels"}},
        {"training_range",
         {"name", "mean", "standard_deviation", "minimum", "maximum"}},
        {"limits", {"name", "maximum_magnitude"}},
        {"probe", {"columns", "tolerance", "reduced_tolerance"}},
    };
    return parts;
}

void keep(const Keys &keys, Json &object) {
    for (auto item = object.begin(); item != object.end();) {
        item = keys.count(item.key()) > 0 ? std::next(item) : object.erase(item);
    }
}

// Calls body(object) for every object in the list under a key.
template <typename Body>
void for_objects(Json &contract, const char *key, Body &&body) {
    const auto list = contract.find(key);
    if (list == contract.end() || !list->is_array()) {
        return;
    }
    for (Json &item : *list) {
        if (item.is_object()) {
            body(item);
        }
    }
}

// Version 1 had no kind of an output: a tendency was one by the beginning of its name.
std::string kind_of_1(const Json &name, const std::vector<Json> &fluxes) {
    if (std::find(fluxes.begin(), fluxes.end(), name) != fluxes.end()) {
        return "flux";
    }
    const bool is_tendency =
        name.is_string() && name.get<std::string>().rfind("tendency_of_", 0) == 0;
    return is_tendency ? "tendency" : "other";
}

} // namespace

void upgrade_contract(Json &contract) {
    const auto version = contract.find("contract_version");
    if (version == contract.end() || !version->is_number_integer() || *version != 1) {
        return;
    }
    keep(keys_of_1(), contract);
    for (const auto &part : parts_of_1()) {
        for_objects(contract, part.first.c_str(),
                    [&](Json &item) { keep(part.second, item); });
        const auto found = contract.find(part.first);
        if (found != contract.end() && found->is_object()) {
            keep(part.second, *found);
        }
    }
    std::vector<Json> fluxes;
    for_objects(contract, "flux",
                [&](Json &item) { fluxes.push_back(item.value("name", Json())); });
    for_objects(contract, "outputs", [&](Json &item) {
        item["kind"] = kind_of_1(item.value("name", Json()), fluxes);
    });
    contract["contract_version"] = 2;
}

} // namespace gwparam

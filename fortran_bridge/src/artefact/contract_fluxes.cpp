// Fluxes, the tendencies that follow, and the limits of all tendencies.
#include <algorithm>

#include "artefact/contract_parts.hpp"
#include "base/constants.hpp"
#include "base/error.hpp"

namespace gwparam {

namespace {

void check_given_levels(const JsonValue &json, std::int64_t nlev) {
    if (!json.is_given()) {
        return;
    }
    std::vector<std::int64_t> levels;
    for (const JsonValue &item : json.items()) {
        levels.push_back(item.integer());
    }
    if (levels.size() != 2 || levels[0] < 0 || levels[0] >= levels[1] ||
        levels[1] > nlev) {
        refuse(json.key(), std::to_string(levels.size()) + " values",
               "two of 0 to " + std::to_string(nlev) + ", ascending");
    }
}

Flux parse_flux(const JsonValue &json, const Contract &contract) {
    json.expect_keys({"name", "quantity", "sign", "tendency", "given_levels"});
    const std::string name = json.at("name").text();
    const auto &outputs = contract.outputs;
    const auto found =
        std::find_if(outputs.begin(), outputs.end(), [&](const FieldContract &field) {
            return field.name == name && field.kind == OutputKind::flux;
        });
    if (found == outputs.end()) {
        refuse(json.at("name").key(), name, "an output of kind flux");
    }
    const bool omega = json.at("quantity").choice({"omega", "height"}) == 0;
    const std::string units = omega ? "Pa m s-2" : "Pa";
    Flux flux;
    flux.output = static_cast<std::size_t>(found - outputs.begin());
    if (found->units != units) {
        refuse("outputs[" + std::to_string(flux.output) + "].units", found->units,
               units + " of a flux of quantity " + (omega ? "omega" : "height"));
    }
    const std::int64_t sign = json.at("sign").integer();
    if (sign != 1 && sign != -1) {
        refuse(json.at("sign").key(), std::to_string(sign), "1 or -1");
    }
    // tendency = factor * dF/dp: -1 for u'omega', g for rho u'w', which is -u'omega'/g.
    flux.factor = (omega ? -1.0 : standard_gravity) * static_cast<double>(sign);
    flux.tendency = *found;
    flux.tendency.name = parse_name(json.at("tendency"));
    flux.tendency.units = "m s-2";
    flux.tendency.kind = OutputKind::tendency;
    check_given_levels(json.at("given_levels"), contract.vertical.nlev);
    return flux;
}

// Every tendency that a host can get, given or derived.
std::vector<FieldContract *> tendencies_of(Contract &contract) {
    std::vector<FieldContract *> tendencies;
    for (FieldContract &output : contract.outputs) {
        if (output.kind == OutputKind::tendency) {
            tendencies.push_back(&output);
        }
    }
    for (Flux &flux : contract.fluxes) {
        tendencies.push_back(&flux.tendency);
    }
    return tendencies;
}

} // namespace

void parse_fluxes(const JsonValue &list, Contract &contract, Names &names) {
    std::vector<bool> named(contract.outputs.size(), false);
    if (list.is_given()) {
        for (const JsonValue &item : list.items()) {
            const Flux flux = parse_flux(item, contract);
            names.add(item.at("tendency"), flux.tendency.name);
            // A flux named twice would have the same name at half levels.
            names.add(item.at("name"),
                      contract.outputs[flux.output].name + half_levels_suffix);
            named[flux.output] = true;
            contract.fluxes.push_back(flux);
        }
    }
    for (std::size_t i = 0; i < named.size(); ++i) {
        if (contract.outputs[i].kind == OutputKind::flux && !named[i]) {
            refuse("outputs[" + std::to_string(i) + "].kind", "flux",
                   "an entry of flux for it");
        }
    }
}

void parse_limits(const JsonValue &list, Contract &contract) {
    Names names;
    const std::vector<FieldContract *> tendencies = tendencies_of(contract);
    for (const JsonValue &item : list.items()) {
        item.expect_keys({"name", "maximum_magnitude"});
        const std::string name = item.at("name").text();
        const auto tendency = std::find_if(
            tendencies.begin(), tendencies.end(),
            [&](const FieldContract *field) { return field->name == name; });
        if (tendency == tendencies.end()) {
            refuse(item.at("name").key(), name, "a tendency");
        }
        names.add(item.at("name"), name);
        const JsonValue magnitude = item.at("maximum_magnitude");
        (*tendency)->maximum_magnitude = magnitude.number();
        if (!(magnitude.number() > 0.0)) {
            refuse(magnitude.key(), number_text(magnitude.number()), "more than 0");
        }
    }
    // A drag without a limit would reach a model whatever its size.
    for (const FieldContract *tendency : tendencies) {
        if (!names.has(tendency->name)) {
            throw Error(GWPARAM_ERR_CONTRACT, list.key() + " has no entry for " +
                                                  tendency->name + ", expected 1");
        }
    }
}

} // namespace gwparam

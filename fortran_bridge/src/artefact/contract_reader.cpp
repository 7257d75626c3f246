#include <algorithm>
#include <cmath>
#include <sstream>

#include "artefact/contract_parts.hpp"
#include "artefact/contract_upgrade.hpp"
#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr std::int64_t contract_version = 2;
constexpr std::int64_t max_probe_columns = 100000000;

[[noreturn]] void reject(const std::string &message) {
    throw Error(GWPARAM_ERR_CONTRACT, message);
}

FieldContract parse_field(const JsonValue &json, std::int64_t nlev) {
    FieldContract field;
    field.name = parse_name(json.at("name"));
    field.units = json.at("units").text();
    if (field.units.empty()) {
        refuse(json.at("units").key(), "\"\"", "units, 1 for a pure number");
    }
    const JsonValue levels = json.at("levels");
    const std::size_t kind = levels.choice({"full", "surface", "half"});
    if (kind == 2) {
        refuse(levels.key(), "half, which is reserved", "full, surface");
    }
    field.levels = kind == 0 ? nlev : 0;
    field.dtype = json.at("dtype").choice({"float32", "float64"}) == 0 ? Dtype::float32
                                                                       : Dtype::float64;
    return field;
}

std::vector<FieldContract> parse_inputs(const JsonValue &list, std::int64_t nlev,
                                        Names &names) {
    std::vector<FieldContract> inputs;
    for (const JsonValue &item : list.items()) {
        item.expect_keys({"name", "units", "levels", "dtype"});
        inputs.push_back(parse_field(item, nlev));
        names.add(item.at("name"), inputs.back().name);
    }
    if (inputs.empty()) {
        reject(list.key() + " has no field, expected at least 1");
    }
    return inputs;
}

// What a host blends by has one meaning.
void check_expected_error(const JsonValue &output) {
    if (output.at("name").text() != expected_error_name) {
        return;
    }
    const std::pair<const char *, const char *> parts[] = {
        {"units", "1"}, {"levels", "surface"}, {"kind", "other"}};
    for (const auto &[part, expected] : parts) {
        const JsonValue found = output.at(part);
        if (found.text() != expected) {
            refuse(found.key(), found.text(), expected);
        }
    }
}

std::vector<FieldContract> parse_outputs(const JsonValue &list, std::int64_t nlev,
                                         Names &names) {
    constexpr OutputKind kinds[] = {OutputKind::tendency, OutputKind::flux,
                                    OutputKind::other};
    std::vector<FieldContract> outputs;
    for (const JsonValue &item : list.items()) {
        item.expect_keys({"name", "units", "levels", "dtype", "kind"});
        FieldContract field = parse_field(item, nlev);
        field.kind = kinds[item.at("kind").choice({"tendency", "flux", "other"})];
        if (field.kind != OutputKind::other && field.levels == 0) {
            refuse(item.at("levels").key(), "surface",
                   "full of a " + item.at("kind").text());
        }
        check_expected_error(item);
        names.add(item.at("name"), field.name);
        outputs.push_back(field);
    }
    if (outputs.empty()) {
        reject(list.key() + " has no field, expected at least 1");
    }
    return outputs;
}

// The pressure among the inputs, which the library itself gives.
void check_pressure_fields(const JsonValue &list,
                           const std::vector<FieldContract> &inputs) {
    const std::vector<JsonValue> items = list.items();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i].name == half_pressure_name) {
            refuse(items[i].at("name").key(), inputs[i].name, "a field at full levels");
        }
        if (inputs[i].name == full_pressure_name && inputs[i].levels == 0) {
            refuse(items[i].at("levels").key(), "surface", "full of air_pressure");
        }
        if (inputs[i].name == full_pressure_name && inputs[i].units != "Pa") {
            refuse(items[i].at("units").key(), inputs[i].units, "Pa of air_pressure");
        }
    }
}

void parse_range(const JsonValue &json, Contract &contract, Names &names) {
    json.expect_keys({"name", "mean", "standard_deviation", "minimum", "maximum"});
    const std::string name = json.at("name").text();
    const auto field =
        std::find_if(contract.inputs.begin(), contract.inputs.end(),
                     [&](const FieldContract &input) { return input.name == name; });
    if (field == contract.inputs.end()) {
        refuse(json.at("name").key(), name, "an input");
    }
    names.add(json.at("name"), name);
    const auto values = [&](const char *key) {
        std::vector<double> list = json.at(key).numbers_or_none();
        if (json.at(key).is_given()) {
            check_count(json.at(key), list.size(), field->width());
        }
        return list;
    };
    field->training_mean = values("mean");
    field->training_deviation = values("standard_deviation");
    for (const double deviation : field->training_deviation) {
        if (deviation < 0.0) {
            refuse(json.at("standard_deviation").key(), "negative", "at least 0");
        }
    }
    field->training_minimum = values("minimum");
    field->training_maximum = values("maximum");
    const std::vector<double> &low = field->training_minimum;
    const std::vector<double> &high = field->training_maximum;
    for (std::size_t k = 0; k < std::min(low.size(), high.size()); ++k) {
        if (low[k] > high[k]) {
            refuse(json.at("minimum").key(), "above maximum", "at most that");
        }
    }
}

// Of the largest value: at 1 a network that gives nothing at all would do.
double parse_tolerance(const JsonValue &json) {
    if (!(json.number() >= 0.0 && json.number() < 1.0)) {
        refuse(json.key(), number_text(json.number()), "at least 0 and below 1");
    }
    return json.number();
}

void parse_probe(const JsonValue &json, Contract &contract) {
    json.expect_keys({"columns", "tolerance", "reduced_tolerance"});
    const JsonValue columns = json.at("columns");
    contract.probe_columns = columns.integer();
    if (contract.probe_columns < 1 || contract.probe_columns > max_probe_columns) {
        refuse(columns.key(), std::to_string(contract.probe_columns),
               "1 to " + std::to_string(max_probe_columns));
    }
    const Geometry &geometry = contract.geometry;
    const auto cells =
        static_cast<std::int64_t>(geometry.latitude.size() * geometry.longitude.size());
    if (geometry.kind == GeometryKind::global && contract.probe_columns != cells) {
        refuse(columns.key(), std::to_string(contract.probe_columns),
               "one image of " + std::to_string(cells));
    }
    contract.probe_tolerance = parse_tolerance(json.at("tolerance"));
    if (json.at("reduced_tolerance").is_given()) {
        contract.probe_reduced_tolerance =
            parse_tolerance(json.at("reduced_tolerance"));
    }
}

// What the library itself does not need.
void check_provenance(const JsonValue &json) {
    for (const char *key :
         {"gwparam_version", "torch_version", "created", "citation"}) {
        json.at(key).text();
    }
    const JsonValue source = json.at("source");
    source.expect_keys({"architecture", "checkpoint", "sha256", "further"});
    for (const char *key : {"architecture", "checkpoint", "sha256"}) {
        source.at(key).text();
    }
    if (json.at("compute_dtype").is_given()) {
        json.at("compute_dtype").choice({"bfloat16"});
    }
}

void check_version(const JsonValue &json) {
    const std::int64_t version = json.integer();
    if (version != contract_version) {
        refuse(json.key(), std::to_string(version),
               version < 1 ? "at least 1"
                           : "at most " + std::to_string(contract_version));
    }
}

Contract parse(const JsonValue &json) {
    check_version(json.at("contract_version"));
    json.expect_keys({"contract_version",
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
                      "backend",
                      "mask",
                      "training_dates",
                      "expected_error",
                      "calibration",
                      "lead_time",
                      "members",
                      "column_program",
                      "exported_program",
                      "checksums"});
    check_provenance(json);
    Contract contract;
    Names names;
    contract.name = json.at("name").text();
    if (json.at("backend").is_given()) {
        contract.backend = parse_name(json.at("backend"));
    }
    contract.geometry = parse_geometry(json.at("geometry"));
    contract.vertical = parse_vertical(json.at("vertical"));
    const std::int64_t nlev = contract.vertical.nlev;
    contract.inputs = parse_inputs(json.at("inputs"), nlev, names);
    contract.outputs = parse_outputs(json.at("outputs"), nlev, names);
    parse_fluxes(json.at("flux"), contract, names);
    if (contract.needs_pressure()) {
        check_pressure_fields(json.at("inputs"), contract.inputs);
    }
    Names ranges;
    for (const JsonValue &item : json.at("training_range").items()) {
        parse_range(item, contract, ranges);
    }
    parse_limits(json.at("limits"), contract);
    parse_probe(json.at("probe"), contract);
    contract.members = parse_members(json);
    refuse_reserved(json);
    std::map<std::string, std::int64_t> widths;
    for (const FieldContract &output : contract.outputs) {
        widths[output.name] = output.width();
    }
    for (const Flux &flux : contract.fluxes) {
        widths[flux.tendency.name] = nlev;
    }
    check_origin(json, widths);
    return contract;
}

} // namespace

std::string parse_name(const JsonValue &json) {
    const std::string name = json.text();
    const bool has_blank = std::any_of(name.begin(), name.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ';
    });
    if (name.empty() || has_blank) {
        refuse(json.key(), "\"" + name + "\"", "a name without blanks");
    }
    return name;
}

void check_count(const JsonValue &json, std::size_t found, std::int64_t expected) {
    if (static_cast<std::int64_t>(found) != expected) {
        reject(json.key() + " has " + std::to_string(found) + " values, expected " +
               std::to_string(expected));
    }
}

std::string number_text(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

Contract parse_contract(const std::string &text) {
    Json json = parse_json_object(text);
    upgrade_contract(json);
    return parse(JsonValue(json, ""));
}

} // namespace gwparam

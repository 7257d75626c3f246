#include "torch/package_keys.hpp"

#include <array>
#include <map>
#include <sstream>

#include "artefact/archive.hpp"
#include "artefact/json_value.hpp"

namespace gwparam {

namespace {

constexpr const char *keys_file = "gwparam_compiled.json";
constexpr std::int64_t version = 1;

// What of /proc/cpuinfo decides which instructions a compiler may choose.
constexpr std::array of_processor{"vendor_id",       "cpu family",       "model",
                                  "model name",      "stepping",         "flags",
                                  "CPU implementer", "CPU architecture", "CPU variant",
                                  "CPU part",        "Features"};

std::string trimmed(const std::string &text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string::npos) {
        return "";
    }
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

void expect(const JsonValue &value, const std::string &here) {
    const std::string found = value.text();
    if (found != here) {
        refuse(value.key(), found, here);
    }
}

std::vector<std::int64_t> integers(const JsonValue &value) {
    std::vector<std::int64_t> all;
    for (const JsonValue &item : value.items()) {
        all.push_back(item.integer());
    }
    return all;
}

} // namespace

std::string package_path(const std::string &artefact) { return artefact + ".compiled"; }

std::string processor_features(const std::string &cpuinfo) {
    std::map<std::string, std::string> known;
    std::istringstream lines(cpuinfo);
    // Of the first processor, which ends with an empty line.
    for (std::string line; std::getline(lines, line) && !line.empty();) {
        const std::size_t colon = line.find(':');
        if (colon != std::string::npos) {
            known[trimmed(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
        }
    }
    std::string features;
    for (const char *name : of_processor) {
        const auto found = known.find(name);
        if (found != known.end()) {
            features += found->first + ": " + found->second + "\n";
        }
    }
    return features;
}

std::vector<PackageInput> fitting_inputs(const std::string &artefact,
                                         const std::string &libtorch,
                                         const std::string &processor) {
    const Json json =
        parse_json_object(Archive(package_path(artefact)).extra(keys_file));
    const JsonValue keys(json, "keys");
    if (keys.at("version").integer() != version) {
        refuse("version", std::to_string(keys.at("version").integer()),
               std::to_string(version));
    }
    expect(keys.at("torch"), libtorch);
    expect(keys.at("processor"), processor);
    expect(keys.at("artefact"), Archive(artefact).listing());
    std::vector<PackageInput> inputs;
    for (const JsonValue &input : keys.at("inputs").items()) {
        inputs.push_back({input.at("dtype").text(), integers(input.at("shape")),
                          integers(input.at("stride"))});
    }
    return inputs;
}

} // namespace gwparam

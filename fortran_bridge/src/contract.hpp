// What an artefact says of itself: docs/contract.md, as far as the library acts on it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "array.hpp"

namespace gwparam {

// Largest contract_version that this library reads.
constexpr int newest_contract_version = 1;

struct FieldContract {
    std::string name;
    std::string units;
    Dtype dtype;
    std::int64_t levels; // 0 for a surface field

    // Inputs: mean and standard deviation in training, a value a level; empty if
    // unknown.
    std::vector<double> training_mean;
    std::vector<double> training_deviation;

    // Outputs: largest credible absolute value.
    double maximum_magnitude = 0.0;

    std::int64_t width() const { return levels > 0 ? levels : 1; }
};

struct Contract {
    std::string name;
    std::vector<FieldContract> inputs;
    std::vector<FieldContract> outputs;
    bool top_down;
    std::int64_t nlev;
    std::vector<double> nominal_pressure; // [Pa]; empty if the artefact names none
    double nominal_tolerance;
    std::int64_t probe_columns;
    double probe_tolerance;
};

// Throws ERR_CONTRACT, naming the key, for a contract that is newer, incomplete, or
// asks for what this library does not do.
Contract parse_contract(const std::string &json);

} // namespace gwparam

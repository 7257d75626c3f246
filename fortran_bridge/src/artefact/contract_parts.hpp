// The parts of a contract, each from its JSON. gwparam/contract/ has the same checks.
//
// All throw ERR_CONTRACT, naming the key.
#pragma once

#include <map>
#include <set>
#include <string>

#include "artefact/contract.hpp"
#include "artefact/json_value.hpp"

namespace gwparam {

// Names that are taken, each once.
class Names {
  public:
    void add(const JsonValue &json, const std::string &name) {
        if (!names_.insert(name).second) {
            refuse(json.key(), name + " again", "distinct ones");
        }
    }
    bool has(const std::string &name) const { return names_.count(name) > 0; }

  private:
    std::set<std::string> names_;
};

Geometry parse_geometry(const JsonValue &json);
Vertical parse_vertical(const JsonValue &json);

// What is derived from outputs, of a contract that has its levels and outputs. `names`
// are those of all fields.
void parse_fluxes(const JsonValue &list, Contract &contract, Names &names);

// What every tendency is held to, of a contract that has its fluxes.
void parse_limits(const JsonValue &list, Contract &contract);

// How many networks the artefact holds, each of which has a checkpoint in `source`.
std::int64_t parse_members(const JsonValue &contract);

// Keys that would change what a run means, if they say anything but what it does.
void refuse_reserved(const JsonValue &contract);

// Keys that say how the network came about, and how good it is. `widths` are the values
// in a column of every output and tendency.
void check_origin(const JsonValue &contract,
                  const std::map<std::string, std::int64_t> &widths);

// A text without blanks.
std::string parse_name(const JsonValue &json);

// A list with one value a level.
void check_count(const JsonValue &json, std::size_t found, std::int64_t expected);

std::string number_text(double number);

} // namespace gwparam

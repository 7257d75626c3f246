// Version 1 as version 2; everything else, and what is wrong, as it is.
#include <string>

#include "artefact/contract_upgrade.hpp"
#include "tap.h"

namespace {

using Json = nlohmann::json;

bool becomes(const std::string &before, const std::string &after) {
    Json contract = Json::parse(before);
    gwparam::upgrade_contract(contract);
    if (contract != Json::parse(after)) {
        printf("# %s\n", contract.dump().c_str());
        return false;
    }
    return true;
}

bool stays(const std::string &text) { return becomes(text, text); }

void test_other_versions() {
    ok(stays(R"({"contract_version": 2, "outputs": [{"name": "a"}], "x": 1})") &&
           stays(R"({"contract_version": 3, "x": 1})") && stays(R"({"x": 1})"),
       "other versions stay");
    ok(stays(R"({"contract_version": "1", "x": 1})") &&
           stays(R"({"contract_version": 1.0, "x": 1})") &&
           stays(R"({"contract_version": null, "x": 1})"),
       "so does what is no version");
}

void test_kinds() {
    ok(becomes(R"({"contract_version": 1, "flux": [{"name": "tendency_of_f"}],
                   "outputs": [{"name": "tendency_of_f"}, {"name": "tendency_of_u"},
                               {"name": "a_tendency_of_u"}]})",
               R"({"contract_version": 2, "flux": [{"name": "tendency_of_f"}],
                   "outputs": [{"name": "tendency_of_f", "kind": "flux"},
                               {"name": "tendency_of_u", "kind": "tendency"},
                               {"name": "a_tendency_of_u", "kind": "other"}]})"),
       "a flux by its list, else a tendency by how its name begins");
}

void test_unknown_keys() {
    ok(becomes(R"({"contract_version": 1, "members": 2, "backend": "b", "name": "net",
                   "source": {"sha256": "s", "url": "u"},
                   "geometry": {"kind": "column", "size": 3},
                   "inputs": [{"name": "u", "kind": "flux", "dtype": "float32"}],
                   "outputs": [{"name": "o", "kind": "flux", "units": "1"}],
                   "vertical": {"nlev": 3, "half_a": [1]},
                   "flux": [{"sign": 1, "x": 1}], "limits": [{"name": "l", "x": 1}],
                   "training_range": [{"mean": [1], "x": 1}],
                   "probe": {"columns": 5, "x": 1}})",
               R"({"contract_version": 2, "name": "net", "source": {"sha256": "s"},
                   "geometry": {"kind": "column"},
                   "inputs": [{"name": "u", "dtype": "float32"}],
                   "outputs": [{"name": "o", "kind": "other", "units": "1"}],
                   "vertical": {"nlev": 3}, "flux": [{"sign": 1}],
                   "limits": [{"name": "l"}], "training_range": [{"mean": [1]}],
                   "probe": {"columns": 5}})"),
       "keys that version 1 did not know meant nothing");
}

void test_what_is_wrong() {
    ok(becomes(R"({"contract_version": 1, "outputs": [7, {"units": "1"}, {"name": 5}],
                   "inputs": "u", "flux": null, "vertical": [], "probe": 3})",
               R"({"contract_version": 2,
                   "outputs": [7, {"units": "1", "kind": "other"},
                               {"name": 5, "kind": "other"}],
                   "inputs": "u", "flux": null, "vertical": [], "probe": 3})"),
       "what is wrong is left for the reader");
}

} // namespace

int main() {
    test_other_versions();
    test_kinds();
    test_unknown_keys();
    test_what_is_wrong();
    return done_testing();
}

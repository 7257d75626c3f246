// What the reader makes of a contract; tests/python/contract/test_readers.py tries what
// it refuses.
#include <string>

#include "artefact/contract.hpp"
#include "base/constants.hpp"
#include "tap.h"

namespace {

using gwparam::Contract;
using gwparam::Dtype;
using gwparam::OutputKind;

// A flux and something else on two hybrid levels, bottom up, of version `version`.
std::string contract_of(int version) {
    const auto kind = [&](const std::string &name) {
        return version == 1 ? std::string() : R"(, "kind": ")" + name + "\"";
    };
    return R"({"contract_version": )" + std::to_string(version) + R"(,
        "name": "net", "gwparam_version": "0", "torch_version": "0", "created": "now",
        "source": {"architecture": "net", "checkpoint": "none", "sha256": "none"},
        "citation": "none", "geometry": {"kind": "stencil", "radius": 2, "poles": "edge"},
        "inputs": [
            {"name": "u", "units": "m s-1", "levels": "full", "dtype": "float32"},
            {"name": "ps", "units": "Pa", "levels": "surface", "dtype": "float64"}],
        "outputs": [
            {"name": "top", "units": "m", "levels": "surface", "dtype": "float64")" +
           kind("other") + R"(},
            {"name": "flux", "units": "Pa", "levels": "full", "dtype": "float32")" +
           kind("flux") + R"(},
            {"name": "tendency_of_v", "units": "m s-2", "levels": "full",
             "dtype": "float64")" +
           kind("tendency") + R"(}],
        "vertical": {"kind": "hybrid", "order": "bottom_up", "nlev": 2,
                     "a": [0, 1000], "b": [0.9, 0.1], "outside": "taper"},
        "flux": [{"name": "flux", "quantity": "height", "sign": -1, "tendency": "drag"}],
        "training_range": [{"name": "u", "mean": [1, 2], "standard_deviation": [3, 4]}],
        "limits": [{"name": "drag", "maximum_magnitude": 5},
                   {"name": "tendency_of_v", "maximum_magnitude": 6}],
        "probe": {"columns": 7, "tolerance": 0.5, "reduced_tolerance": 0.25}})";
}

void test_contract_of(int version) {
    const Contract contract = gwparam::parse_contract(contract_of(version));
    const std::string its = "version " + std::to_string(version) + ": ";
    const auto expect = [&](bool fine, const char *what) {
        ok(fine, (its + what).c_str());
    };
    expect(contract.name == "net" && contract.backend == "torchscript" &&
               contract.probe_columns == 7 && contract.probe_tolerance == 0.5 &&
               contract.probe_reduced_tolerance == 0.25,
           "name, backend and probe");
    expect(contract.geometry.kind == gwparam::GeometryKind::stencil &&
               contract.geometry.radius == 2 && contract.geometry.latitude.empty(),
           "geometry");
    const gwparam::Vertical &vertical = contract.vertical;
    expect(vertical.kind == gwparam::VerticalKind::pressure && !vertical.top_down &&
               vertical.nlev == 2 && vertical.a == std::vector<double>{0.0, 1000.0} &&
               vertical.b == std::vector<double>{0.9, 0.1} &&
               vertical.outside == gwparam::Outside::taper,
           "levels");
    const auto &inputs = contract.inputs;
    expect(inputs.size() == 2 && inputs[0].name == "u" && inputs[0].units == "m s-1" &&
               inputs[0].dtype == Dtype::float32 && inputs[0].levels == 2 &&
               inputs[1].dtype == Dtype::float64 && inputs[1].levels == 0,
           "inputs");
    expect(inputs[0].training_mean == std::vector<double>{1.0, 2.0} &&
               inputs[0].training_deviation == std::vector<double>{3.0, 4.0} &&
               inputs[1].training_mean.empty(),
           "range in training");
    const auto &outputs = contract.outputs;
    expect(outputs.size() == 3 && outputs[0].kind == OutputKind::other &&
               outputs[1].kind == OutputKind::flux &&
               outputs[2].kind == OutputKind::tendency &&
               outputs[2].maximum_magnitude == 6.0,
           "outputs and their kinds");
    const gwparam::Flux *flux = contract.flux_of(1);
    expect(contract.fluxes.size() == 1 && flux != nullptr &&
               contract.flux_of(0) == nullptr && flux->output == 1 &&
               flux->factor == -gwparam::standard_gravity &&
               flux->tendency.name == "drag" && flux->tendency.units == "m s-2" &&
               flux->tendency.kind == OutputKind::tendency &&
               flux->tendency.maximum_magnitude == 5.0,
           "flux, and the tendency of it");
}

} // namespace

int main() {
    test_contract_of(1);
    test_contract_of(2);
    return done_testing();
}

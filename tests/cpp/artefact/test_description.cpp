// What an artefact is, in words.
#include <string>

#include "artefact/description.hpp"
#include "tap.h"

namespace {

using gwparam::Contract;
using gwparam::description;
using gwparam::FieldContract;
using gwparam::GeometryKind;
using gwparam::OutputKind;
using gwparam::VerticalKind;

FieldContract output(const char *name, OutputKind kind, double limit) {
    FieldContract field;
    field.name = name;
    field.units = "m s-2";
    field.kind = kind;
    field.maximum_magnitude = limit;
    return field;
}

Contract wavenet() {
    Contract contract;
    contract.name = "wavenet";
    contract.vertical.nlev = 40;
    contract.outputs = {output("drag_x", OutputKind::tendency, 0.01),
                        output("drag_y", OutputKind::tendency, 0.0)};
    return contract;
}

} // namespace

int main() {
    Contract contract = wavenet();
    const std::string outputs = "\ndrag_x: at most 0.01 m s-2\ndrag_y: no limit";
    ok(description(contract) ==
           "wavenet (torchscript) sees a column on 40 levels of the host" + outputs,
       "a network of columns, and its limits");
    contract.geometry.kind = GeometryKind::stencil;
    contract.geometry.radius = 1;
    ok(description(contract).find("sees a column and its neighbours, 1 on each side on "
                                  "40 levels") != std::string::npos,
       "neighbours");
    contract.geometry.kind = GeometryKind::global;
    contract.geometry.latitude.assign(64, 0.0);
    contract.geometry.longitude.assign(128, 0.0);
    contract.vertical.kind = VerticalKind::pressure;
    contract.vertical.nlev = 2;
    contract.vertical.a = {100, 0};
    contract.vertical.b = {0, 1};
    ok(description(contract).find("sees the globe on 64 x 128 cells on 2 levels of its "
                                  "own, 100 to 100000 Pa\n") != std::string::npos,
       "the globe, levels of its own");
    contract.vertical.top_down = false;
    contract.vertical.a = {0, 100};
    contract.vertical.b = {1, 0};
    ok(description(contract).find("100 to 100000 Pa\n") != std::string::npos,
       "from the top, whatever their order");
    contract.outputs = {output("flux", OutputKind::flux, 0.0)};
    contract.fluxes = {{0, 1.0, output("drag", OutputKind::tendency, 0.02)}};
    const std::string fluxes = description(contract);
    ok(fluxes.find("flux") == std::string::npos &&
           fluxes.find("\ndrag: at most 0.02 m s-2") != std::string::npos,
       "the tendency of a flux has the limit");
    return done_testing();
}

#include "artefact/description.hpp"

#include <sstream>

#include "base/constants.hpp"

namespace gwparam {

namespace {

std::string seen_by(const Geometry &geometry) {
    switch (geometry.kind) {
    case GeometryKind::column:
        return "sees a column";
    case GeometryKind::stencil:
        return "sees a column and its neighbours, " + std::to_string(geometry.radius) +
               " on each side";
    case GeometryKind::global:
        return "sees the globe on " + std::to_string(geometry.latitude.size()) + " x " +
               std::to_string(geometry.longitude.size()) + " cells";
    }
    return {};
}

std::string levels_of(const Vertical &vertical) {
    std::ostringstream text;
    text.precision(7);
    text << vertical.nlev << " levels";
    const std::size_t n = vertical.a.size();
    if (vertical.kind == VerticalKind::pressure && n > 0) {
        const auto pressure = [&](std::size_t l) {
            return vertical.a[l] + vertical.b[l] * reference_surface_pressure;
        };
        text << " of its own, " << pressure(vertical.top_down ? 0 : n - 1) << " to "
             << pressure(vertical.top_down ? n - 1 : 0) << " Pa";
    } else {
        text << " of the host";
    }
    return text.str();
}

void say_limit(const FieldContract &field, std::ostringstream &text) {
    if (field.kind == OutputKind::flux) { // its tendency has the limit
        return;
    }
    text << "\n" << field.name;
    if (field.maximum_magnitude > 0.0) {
        text << ": at most " << field.maximum_magnitude << " " << field.units;
    } else {
        text << ": no limit";
    }
}

} // namespace

std::string description(const Contract &contract) {
    std::ostringstream text;
    text << contract.name << " (" << contract.backend;
    if (contract.members > 1) {
        text << ", " << contract.members << " members";
    }
    text << ") " << seen_by(contract.geometry) << " on "
         << levels_of(contract.vertical);
    for (const FieldContract &output : contract.outputs) {
        say_limit(output, text);
    }
    for (const Flux &flux : contract.fluxes) {
        say_limit(flux.tendency, text);
    }
    return text.str();
}

} // namespace gwparam

// Geometries and levels: what each kind holds, and what it refuses.
#include "artefact/contract_parts.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Geometry;
using gwparam::GeometryKind;
using gwparam::Json;
using gwparam::JsonValue;
using gwparam::Outside;
using gwparam::Vertical;
using gwparam::VerticalKind;
using Numbers = std::vector<double>;

struct Case {
    const char *json;
    const char *message;
};

Geometry geometry_of(const std::string &text) {
    const Json json = Json::parse(text);
    return gwparam::parse_geometry(JsonValue(json, "geometry"));
}

Vertical vertical_of(const std::string &text) {
    const Json json = Json::parse(text);
    return gwparam::parse_vertical(JsonValue(json, "vertical"));
}

void test_geometries() {
    const Geometry column = geometry_of(R"({"kind": "column", "radius": null})");
    ok(column.kind == GeometryKind::column && column.radius == 0 &&
           column.latitude.empty() && column.longitude.empty(),
       "a column has nothing else; null is nothing");
    const Geometry stencil =
        geometry_of(R"({"kind": "stencil", "radius": 1, "poles": "edge"})");
    ok(stencil.kind == GeometryKind::stencil && stencil.radius == 1,
       "a stencil has a radius");
    const Geometry global = geometry_of(
        R"({"kind": "global", "latitude": [90, 0, -90], "longitude": [-30, 329]})");
    ok(global.kind == GeometryKind::global &&
           global.latitude == Numbers{90.0, 0.0, -90.0} &&
           global.longitude == Numbers{-30.0, 329.0},
       "a grid keeps its axes, in their order");
}

void test_refused_geometries() {
    const Case cases[] = {
        {R"({"kind": "disc"})",
         "geometry.kind is \"disc\", expected column, stencil or global"},
        {R"({"kind": "column", "size": 2})", "geometry.size is no key of a contract"},
        {R"({"kind": "column", "radius": 1})",
         "geometry.radius is no key of kind column"},
        {R"({"kind": "stencil", "poles": "edge"})",
         "geometry.radius is missing, expected with kind stencil"},
        {R"({"kind": "stencil", "radius": 3, "poles": "edge"})",
         "geometry.radius is 3, expected 1 or 2"},
        {R"({"kind": "stencil", "radius": 0, "poles": "edge"})",
         "geometry.radius is 0, expected 1 or 2"},
        {R"({"kind": "stencil", "radius": 1, "poles": "wrap"})",
         "geometry.poles is \"wrap\", expected edge"},
        {R"({"kind": "global", "latitude": [0]})",
         "geometry.longitude is missing, expected with kind global"},
        {R"({"kind": "global", "latitude": [], "longitude": [0, 1]})",
         "geometry.latitude is not monotonic within -90 to 90 degrees"},
        {R"({"kind": "global", "latitude": [0, 91], "longitude": [0, 1]})",
         "geometry.latitude is not monotonic within -90 to 90 degrees"},
        {R"({"kind": "global", "latitude": [0, 20, 10], "longitude": [0, 1]})",
         "geometry.latitude is not monotonic within -90 to 90 degrees"},
        {R"({"kind": "global", "latitude": [0], "longitude": [1, 1]})",
         "geometry.longitude is not monotonic within -360 to 360 degrees"},
        {R"({"kind": "global", "latitude": [0], "longitude": [0, 180, 360]})",
         "geometry.longitude goes round the globe more than once"},
    };
    for (const Case &one : cases) {
        ok(refused_with(one.message, [&] { geometry_of(one.json); }), one.json);
    }
}

void test_levels() {
    const Vertical host = vertical_of(
        R"({"kind": "host", "order": "top_down", "nlev": 3,
            "nominal_pressure": [10, 200, 90000], "nominal_tolerance": 0.25})");
    ok(host.kind == VerticalKind::host && host.top_down && host.nlev == 3 &&
           host.nominal_pressure == Numbers{10.0, 200.0, 90000.0} &&
           host.nominal_tolerance == 0.25 && host.a.empty() && host.b.empty(),
       "levels of the host, near pressures");
    const Vertical any = vertical_of(
        R"({"kind": "host", "order": "bottom_up", "nlev": 5, "nominal_tolerance": 0})");
    ok(!any.top_down && any.nlev == 5 && any.nominal_pressure.empty(),
       "levels of the host, wherever they are");
    const Vertical pressure = vertical_of(
        R"({"kind": "pressure", "order": "bottom_up", "nlev": 2,
            "pressure": [50000, 100], "outside": "taper"})");
    ok(pressure.kind == VerticalKind::pressure && !pressure.top_down &&
           pressure.a == Numbers{50000.0, 100.0} && pressure.b == Numbers{0.0, 0.0} &&
           pressure.outside == Outside::taper,
       "levels of pressure do not follow the surface");
    const Vertical hybrid = vertical_of(
        R"({"kind": "hybrid", "order": "top_down", "nlev": 4,
            "a": [100, 2000, 1000, 0], "b": [0, 0.1, 0.5, 1], "outside": "zero"})");
    ok(hybrid.kind == VerticalKind::pressure && hybrid.top_down &&
           hybrid.a == Numbers{100.0, 2000.0, 1000.0, 0.0} &&
           hybrid.b == Numbers{0.0, 0.1, 0.5, 1.0} && hybrid.outside == Outside::zero,
       "hybrid levels: a need not be monotonic, a + b * p is");
}

void test_refused_levels() {
    const Case cases[] = {
        {R"({"kind": "host", "order": "up", "nlev": 1, "nominal_tolerance": 0})",
         "vertical.order is \"up\", expected top_down or bottom_up"},
        {R"({"kind": "host", "order": "top_down", "nlev": 0, "nominal_tolerance": 0})",
         "vertical.nlev is 0, expected 1 to 100000"},
        {R"({"kind": "host", "order": "top_down", "nlev": 100001})",
         "vertical.nlev is 100001, expected 1 to 100000"},
        {R"({"kind": "host", "order": "top_down", "nlev": 1})",
         "vertical.nominal_tolerance is missing, expected with kind host"},
        {R"({"kind": "host", "order": "top_down", "nlev": 1, "nominal_tolerance": -0.5})",
         "vertical.nominal_tolerance is -0.5, expected at least 0 and below 1"},
        {R"({"kind": "host", "order": "top_down", "nlev": 1, "nominal_tolerance": 0,
             "outside": "zero"})",
         "vertical.outside is no key of kind host"},
        {R"({"kind": "host", "order": "top_down", "nlev": 3, "nominal_tolerance": 0,
             "nominal_pressure": [1, 2]})",
         "vertical.nominal_pressure has 2 values, expected 3"},
        {R"({"kind": "pressure", "order": "top_down", "nlev": 2, "pressure": [2, 1],
             "outside": "zero"})",
         "vertical.pressure is not positive and monotonic, top_down"},
        {R"({"kind": "pressure", "order": "bottom_up", "nlev": 2, "pressure": [1, 2],
             "outside": "zero"})",
         "vertical.pressure is not positive and monotonic, bottom_up"},
        {R"({"kind": "pressure", "order": "top_down", "nlev": 2, "pressure": [0, 2],
             "outside": "zero"})",
         "vertical.pressure is not positive and monotonic, top_down"},
        {R"({"kind": "pressure", "order": "top_down", "nlev": 1, "pressure": [1],
             "outside": "linear"})",
         "vertical.outside is \"linear\", expected zero or taper"},
        {R"({"kind": "hybrid", "order": "top_down", "nlev": 2, "a": [1, 2], "b": [0],
             "outside": "zero"})",
         "vertical.b has 1 values, expected 2"},
        {R"({"kind": "hybrid", "order": "top_down", "nlev": 2, "a": [1, 2],
             "b": [0.5, 0.1], "outside": "zero"})",
         "vertical.a + b * 100000 Pa is not positive and monotonic, top_down"},
        {R"({"kind": "host", "order": "top_down", "nlev": 2, "nominal_tolerance": 0,
             "half_pressure": [1, 2, 3]})",
         "vertical.half_pressure is given, expected null: half levels are reserved"},
        {R"({"kind": "host", "order": "top_down", "nlev": 2, "nominal_tolerance": 0,
             "half_pressure": [1, 2]})",
         "vertical.half_pressure has 2 values, expected 3"},
        {R"({"kind": "pressure", "order": "top_down", "nlev": 1, "pressure": [1],
             "outside": "zero", "half_a": [1, 2]})",
         "vertical.half_a is no key of kind pressure"},
    };
    for (const Case &one : cases) {
        ok(refused_with(one.message, [&] { vertical_of(one.json); }), one.message);
    }
}

} // namespace

int main() {
    test_geometries();
    test_refused_geometries();
    test_levels();
    test_refused_levels();
    return done_testing();
}

// Fields by name, fluxes by output, and what a contract needs of its host.
#include "artefact/contract.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Contract;
using gwparam::FieldContract;
using gwparam::find_field;

FieldContract field_of(const std::string &name, std::int64_t levels) {
    FieldContract field;
    field.name = name;
    field.levels = levels;
    return field;
}

void test_find_field() {
    const std::vector<FieldContract> fields{field_of("u", 5), field_of("v", 3),
                                            field_of("ps", 0)};
    ok(find_field(fields, "u", "input") == 0 && find_field(fields, "v", "input") == 1 &&
           find_field(fields, "ps", "input") == 2,
       "a field is found by its name");
    ok(refused_with("p is no input of the network, expected one of u, v, ps",
                    [&] { find_field(fields, "p", "input"); }),
       "one that is not there names those that are");
    ok(refused_with("u is no output of the network, expected one of none",
                    [] { find_field({}, "u", "output"); }),
       "none of no fields");
}

void test_width() {
    ok(field_of("u", 5).width() == 5 && field_of("ps", 0).width() == 1,
       "a surface field has one value a column");
}

void test_fluxes() {
    Contract contract;
    ok(!contract.needs_pressure() && contract.flux_of(0) == nullptr,
       "without a flux, at the host's levels: no pressure");
    contract.fluxes.resize(2);
    contract.fluxes[0].output = 3;
    contract.fluxes[1].output = 1;
    ok(contract.flux_of(3) == &contract.fluxes[0] &&
           contract.flux_of(1) == &contract.fluxes[1] &&
           contract.flux_of(0) == nullptr && contract.flux_of(2) == nullptr,
       "a flux is found by its output, not by its place");
    ok(contract.needs_pressure(), "a flux needs pressure");
    contract.fluxes.clear();
    contract.vertical.kind = gwparam::VerticalKind::pressure;
    ok(contract.needs_pressure(), "levels of pressure need it too");
}

} // namespace

int main() {
    test_find_field();
    test_width();
    test_fluxes();
    return done_testing();
}

// The vertical stage: what it says of the momentum that columns gain and lose.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "columns/vertical.hpp"
#include "tap.h"

namespace {

using gwparam::Rows;
using gwparam::VerticalStage;

constexpr std::int64_t nlev = 3;
constexpr std::int64_t columns = 2;
constexpr double factor = -9.80665;
constexpr double half_pressure[nlev + 1] = {0.0, 1e4, 4e4, 1e5};

gwparam::FieldContract field(const char *name) {
    gwparam::FieldContract field;
    field.name = name;
    field.units = "1";
    field.levels = nlev;
    return field;
}

// Wind in, a flux on the host's own levels out.
gwparam::Contract flux_contract() {
    gwparam::Contract contract;
    contract.vertical.nlev = nlev;
    contract.inputs = {field("wind")};
    contract.outputs = {field("flux")};
    contract.fluxes = {{0, factor, field("tendency_of_wind")}};
    return contract;
}

double *row(Rows &rows, std::int64_t i) {
    return reinterpret_cast<double *>(rows.row(i));
}

// Where the host's levels are.
VerticalStage::Pressures host_pressures(const VerticalStage &stage) {
    VerticalStage::Pressures pressures = stage.room_for_pressures();
    pressures.full.resize(columns);
    pressures.half.resize(columns);
    for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t k = 0; k < nlev; ++k) {
            row(pressures.full, c)[k] = 0.5 * (half_pressure[k] + half_pressure[k + 1]);
        }
        std::copy_n(half_pressure, nlev + 1, row(pressures.half, c));
    }
    return pressures;
}

void test_momentum_imbalance() {
    const gwparam::Contract contract = flux_contract();
    const VerticalStage stage(contract, nlev);
    const VerticalStage::Pressures pressures = host_pressures(stage);
    std::vector<Rows> network = gwparam::rows_for(contract.outputs);
    network[0].resize(columns);
    for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t k = 0; k < nlev; ++k) {
            row(network[0], c)[k] = (c + 1) * 0.01 * (k + 1);
        }
    }
    std::vector<Rows> host = gwparam::rows_for(stage.host_outputs());
    stage.to_host(std::move(network), pressures, columns, host);
    ok(stage.momentum_imbalance(pressures, host) < 1e-14, "a flux is in balance");

    // The flux itself, the flux at half levels, the tendency: the last gains a bit.
    const double extra = 1e-6, thickness = half_pressure[3] - half_pressure[2];
    row(host[2], 1)[2] += extra;
    row(host[2], 0)[0] -= 0.5 * extra; // a smaller one does not count
    const double largest = row(host[1], 1)[nlev];
    const double expected = extra * thickness / std::abs(factor * largest);
    const double found = stage.momentum_imbalance(pressures, host);
    ok(std::abs(found / expected - 1.0) < 1e-9, "what a column gains too much shows");

    for (Rows &rows : host) {
        for (std::int64_t c = 0; c < columns; ++c) {
            std::fill(row(rows, c), row(rows, c) + rows.width(), 0.0);
        }
    }
    ok(stage.momentum_imbalance(pressures, host) == 0.0,
       "no flux is in balance, not NaN");
}

void test_without_fluxes() {
    gwparam::Contract contract = flux_contract();
    contract.fluxes.clear();
    const VerticalStage stage(contract, nlev);
    ok(stage.momentum_imbalance(stage.room_for_pressures(), {}) == 0.0,
       "0 without fluxes");
}

} // namespace

int main() {
    test_momentum_imbalance();
    test_without_fluxes();
    return done_testing();
}

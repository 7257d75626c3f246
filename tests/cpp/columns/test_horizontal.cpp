// What the network sees of columns: the column, its neighbours, or the globe.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "columns/horizontal.hpp"
#include "rows_and_errors.hpp"
#include "simple_backend.hpp"
#include "tap.h"

namespace {

using gwparam::Contract;
using gwparam::Dtype;
using gwparam::GeometryKind;
using gwparam::HorizontalStage;
using gwparam::Pass;
using gwparam::Rows;
using gwparam::ThreadPool;
using Cells = std::vector<std::int64_t>;
using Numbers = std::vector<double>;

constexpr std::int64_t nlev = 2;
constexpr std::int64_t chunk = 16;

gwparam::LatLonAxes host() {
    gwparam::LatLonAxes axes;
    axes.latitude = {-60, 0, 60};
    axes.longitude = {0, 72, 144, 216, 288};
    return axes;
}
constexpr std::int64_t nlat = 3;
constexpr std::int64_t nlon = 5;
constexpr std::int64_t cells = nlat * nlon;

Contract contract_of(GeometryKind kind) {
    Contract contract;
    contract.geometry.kind = kind;
    contract.geometry.radius = kind == GeometryKind::stencil ? 1 : 0;
    gwparam::FieldContract field;
    field.levels = nlev;
    contract.inputs = {field};
    contract.outputs = {field};
    contract.probe_columns = 1;
    return contract;
}

const Numbers weights{1, 2, 4, 8, 16, 32, 64, 128, 256};

double value(std::int64_t cell, std::int64_t level) {
    return static_cast<double>(cell + 100 * level);
}

std::vector<Rows> rows_at(const Cells &at) {
    Numbers values;
    for (const std::int64_t cell : at) {
        for (std::int64_t level = 0; level < nlev; ++level) {
            values.push_back(value(cell, level));
        }
    }
    std::vector<Rows> rows;
    rows.push_back(rows_of(Dtype::float64, nlev, values));
    return rows;
}

std::vector<Rows> no_rows() {
    std::vector<Rows> rows;
    rows.emplace_back(Dtype::float64, nlev);
    return rows;
}

void test_column() {
    const Contract contract = contract_of(GeometryKind::column);
    HorizontalStage stage(contract, chunk);
    const HorizontalStage::Needs needs = stage.set_cells({}, 9, {4, 2}, {7, 4, 2});
    ok(needs.inputs == Cells{7, 4, 2} && needs.results == Cells{7, 4, 2} &&
           needs.outputs == Cells{4, 2} && needs.all_results == 9,
       "column: what is computed here is what comes in");
    SimpleBackend backend([](const Pass &pass) {
        for (std::int64_t n = 0; n < chunk * nlev; ++n) {
            values_in<double>(pass.outputs[0])[n] =
                2.0 * values_in<double>(pass.inputs[0])[n];
        }
    });
    ThreadPool caller(1);
    std::vector<Rows> inputs = rows_at({7, 4, 2});
    std::vector<Rows> outputs = no_rows();
    stage.run(backend, inputs, outputs, caller);
    std::vector<Rows> columns = no_rows();
    stage.to_columns(std::move(outputs), columns);
    ok(values_of(columns[0]) == Numbers{14, 214, 8, 208, 4, 204},
       "column: results are the columns");
}

// The network gives 1, 10, 100, ... times the cell of each place, at level 0.
void test_stencil() {
    const Contract contract = contract_of(GeometryKind::stencil);
    HorizontalStage stage(contract, chunk);
    // The middle of the grid, and a corner: a pole, and around the globe.
    const Cells here{7, 0};
    const HorizontalStage::Needs needs = stage.set_cells(host(), cells, {0, 3}, here);
    Cells sorted = needs.inputs;
    std::sort(sorted.begin(), sorted.end());
    ok(needs.inputs[0] == 7 && needs.inputs[1] == 0 &&
           sorted == Cells{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13} &&
           needs.results == here && needs.outputs == Cells{0, 3} &&
           needs.all_results == cells,
       "stencil: results first, and each neighbour once");
    const Cells around[2] = {{1, 2, 3, 6, 7, 8, 11, 12, 13},
                             {4, 0, 1, 4, 0, 1, 9, 5, 6}};
    bool right = true;
    SimpleBackend backend([&](const Pass &pass) {
        const auto *wind = values_in<double>(pass.inputs[0]);
        for (std::int64_t i = 0; i < 2; ++i) {
            for (std::int64_t level = 0; level < nlev; ++level) {
                for (std::size_t place = 0; place < 9; ++place) {
                    right &= *wind++ == value(around[i][place], level);
                }
                values_in<double>(pass.outputs[0])[i * nlev + level] =
                    value(1000 * (i + 1), level);
            }
        }
    });
    ThreadPool caller(1);
    std::vector<Rows> inputs = rows_at(needs.inputs);
    std::vector<Rows> outputs = no_rows();
    stage.run(backend, inputs, outputs, caller);
    ok(right,
       "stencil: south to north, west to east, around the globe, poles repeated");
    ok(values_of(outputs[0]) == Numbers{1000, 1100, 2000, 2100},
       "stencil: one row a result");

    // More results than a chunk.
    Cells all(cells);
    std::iota(all.begin(), all.end(), 0);
    all.insert(all.end(), {3, 2, 1});
    const HorizontalStage::Needs many = stage.set_cells(host(), cells, all, all);
    SimpleBackend middle([&](const Pass &pass) {
        for (std::int64_t i = 0; i < chunk * nlev; ++i) {
            values_in<double>(pass.outputs[0])[i] =
                values_in<double>(pass.inputs[0])[i * 9 + 4];
        }
    });
    inputs = rows_at(many.inputs);
    stage.run(middle, inputs, outputs, caller);
    ok(middle.passes() == 2 && values_of(outputs[0]) == values_of(rows_at(all)[0]),
       "stencil: several chunks");
}

// As many chunks together as there are threads, which share the gathering out.
void test_stencils_over_threads() {
    constexpr std::int64_t large_chunk = 1024;
    const Contract contract = contract_of(GeometryKind::stencil);
    HorizontalStage stage(contract, large_chunk);
    Cells all(2 * large_chunk + 5);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<std::int64_t>(7 * i) % cells;
    }
    const HorizontalStage::Needs needs = stage.set_cells(host(), cells, all, all);
    Numbers expected;
    for (const int threads : {1, 2, 3}) {
        ThreadPool pool(threads);
        SimpleBackend backend([](const Pass &pass) {
            for (std::int64_t i = 0; i < large_chunk * nlev; ++i) {
                const auto *around = values_in<double>(pass.inputs[0]) + i * 9;
                values_in<double>(pass.outputs[0])[i] =
                    std::inner_product(around, around + 9, weights.begin(), 0.0);
            }
        });
        std::vector<Rows> inputs = rows_at(needs.inputs);
        std::vector<Rows> outputs = no_rows();
        stage.run(backend, inputs, outputs, pool);
        expected = threads == 1 ? values_of(outputs[0]) : expected;
        ok(backend.passes() == 3 && values_of(outputs[0]) == expected &&
               expected[0] != expected[2],
           ("stencil: the same results on " + std::to_string(threads) + " threads")
               .c_str());
    }
}

// A network on the host's own cells, whose tensors begin in the north, at 144 east.
void test_global() {
    Contract contract = contract_of(GeometryKind::global);
    contract.geometry.latitude = {60, 0, -60};
    contract.geometry.longitude = {144, 216, 288, 0, 72};
    HorizontalStage stage(contract, chunk);
    const Cells mine{11, 3, 0};
    const HorizontalStage::Needs needs = stage.set_grids(host(), mine, true);
    Cells all(cells);
    std::iota(all.begin(), all.end(), 0);
    ok(needs.inputs == all && needs.results == all && needs.all_results == cells,
       "global: every cell comes in where it is computed");
    // Cells of tensors at the columns of this rank, ascending: 3, 0 and 11.
    const auto tensor_cell = [](std::int64_t cell) {
        return (nlat - 1 - cell / nlon) * nlon + (cell % nlon + 3) % nlon;
    };
    Cells outputs_needed{tensor_cell(11), tensor_cell(3), tensor_cell(0)};
    std::sort(outputs_needed.begin(), outputs_needed.end());
    ok(needs.outputs == outputs_needed, "global: results of the columns of this rank");
    bool right = true;
    SimpleBackend backend([&](const Pass &pass) {
        right &= pass.inputs[0].shape == Cells{nlev, nlat, nlon} &&
                 pass.inputs[0].levels_last && pass.outputs[0].levels_last;
        for (std::int64_t level = 0; level < nlev; ++level) {
            for (std::int64_t cell = 0; cell < cells; ++cell) {
                const std::int64_t place = tensor_cell(cell) * nlev + level;
                right &= values_in<double>(pass.inputs[0])[place] == value(cell, level);
                values_in<double>(pass.outputs[0])[place] = 3.0 * value(cell, level);
            }
        }
    });
    ThreadPool caller(1);
    std::vector<Rows> inputs = rows_at(needs.inputs);
    std::vector<Rows> outputs = no_rows();
    stage.run(backend, inputs, outputs, caller);
    ok(right && backend.passes() == 1,
       "global: latitudes, longitudes, levels in the order of training");

    std::vector<Rows> given = no_rows(); // what an exchange would bring
    given[0].resize(3);
    for (std::size_t i = 0; i < 3; ++i) {
        std::copy_n(outputs[0].row(needs.outputs[i]), outputs[0].row_bytes(),
                    given[0].row(static_cast<std::int64_t>(i)));
    }
    std::vector<Rows> columns = no_rows();
    stage.to_columns(std::move(given), columns);
    ok(values_of(columns[0]) == Numbers{33, 333, 9, 309, 0, 300},
       "global: columns in the host's order, with the same bits");

    const HorizontalStage::Needs none = stage.set_grids(host(), mine, false);
    ok(none.inputs.empty() && none.results.empty() && none.outputs == outputs_needed &&
           none.all_results == cells,
       "global: a rank that computes nothing");
}

} // namespace

int main() {
    test_column();
    test_stencil();
    test_stencils_over_threads();
    test_global();
    return done_testing();
}

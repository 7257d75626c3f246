// Rows as tensors: shapes, chunks of one size, padding.
#include <string>
#include <vector>

#include "columns/batch.hpp"
#include "rows_and_errors.hpp"
#include "simple_backend.hpp"
#include "tap.h"

namespace {

using gwparam::Batch;
using gwparam::Contract;
using gwparam::Dtype;
using gwparam::GeometryKind;
using gwparam::Pass;
using gwparam::Rows;
using Shape = std::vector<std::int64_t>;

constexpr std::int64_t nlev = 3;
constexpr std::int64_t chunk = 16;

gwparam::FieldContract field(Dtype dtype, std::int64_t levels) {
    gwparam::FieldContract its;
    its.dtype = dtype;
    its.levels = levels;
    return its;
}

// A wind and a surface pressure in, a tendency out.
Contract contract_of(GeometryKind kind) {
    Contract contract;
    contract.geometry.kind = kind;
    contract.geometry.radius = kind == GeometryKind::stencil ? 2 : 0;
    if (kind == GeometryKind::global) {
        contract.geometry.latitude = {60, 20, -20, -60};
        contract.geometry.longitude = {0, 60, 120, 180, 240, 300};
    }
    contract.inputs = {field(Dtype::float64, nlev), field(Dtype::float32, 0)};
    contract.outputs = {field(Dtype::float32, nlev)};
    contract.probe_columns = 7;
    return contract;
}

void test_shapes() {
    struct Case {
        const char *name;
        GeometryKind kind;
        Shape wind;
        Shape pressure;
        Shape tendency;
        std::int64_t widths[3];
        std::int64_t chunk;
        std::int64_t probe_rows;
    };
    const Case cases[] = {
        {"column", GeometryKind::column, {16, 3}, {16}, {16, 3}, {3, 1, 3}, 16, 7},
        {"stencil",
         GeometryKind::stencil,
         {16, 3, 5, 5},
         {16, 5, 5},
         {16, 3},
         {75, 25, 3},
         16,
         7},
        {"global",
         GeometryKind::global,
         {3, 4, 6},
         {4, 6},
         {3, 4, 6},
         {72, 24, 72},
         1,
         1}};
    for (const Case &its : cases) {
        const Batch batch(contract_of(its.kind), chunk);
        std::vector<Rows> inputs = batch.input_rows();
        std::vector<Rows> outputs = batch.output_rows();
        bool right = inputs[0].width() == its.widths[0] &&
                     inputs[1].width() == its.widths[1] &&
                     outputs[0].width() == its.widths[2] &&
                     inputs[1].dtype() == Dtype::float32 &&
                     batch.chunk() == its.chunk && batch.probe_rows() == its.probe_rows;
        SimpleBackend backend([&](const Pass &pass) {
            right &= pass.inputs[0].shape == its.wind &&
                     pass.inputs[1].shape == its.pressure &&
                     pass.outputs[0].shape == its.tendency &&
                     pass.inputs[0].dtype == Dtype::float64 &&
                     pass.outputs[0].dtype == Dtype::float32;
        });
        for (Rows &rows : inputs) {
            rows.resize(1);
            gwparam::visit(rows, [&](auto *values) {
                std::fill(values, values + rows.width(), 1.0f);
            });
        }
        batch.run(backend, inputs, outputs);
        ok(right && backend.passes() == 1, its.name);
    }
}

// The tendency is the wind plus the pressure; all rows of all passes are looked at.
void test_chunks() {
    for (const std::int64_t rows : {0, 1, 5, 16, 17, 33}) {
        const Batch batch(contract_of(GeometryKind::column), chunk);
        std::vector<double> wind;
        std::vector<double> pressure;
        std::vector<double> expected;
        for (std::int64_t i = 0; i < rows; ++i) {
            pressure.push_back(static_cast<double>(1000 * i));
            for (std::int64_t level = 0; level < nlev; ++level) {
                wind.push_back(static_cast<double>(i + 100 * level) + 0.5);
                expected.push_back(wind.back() + pressure.back());
            }
        }
        std::vector<Rows> inputs;
        inputs.push_back(rows_of(Dtype::float64, nlev, wind));
        inputs.push_back(rows_of(Dtype::float32, 1, pressure));
        std::vector<Rows> outputs = batch.output_rows();
        std::int64_t row = 0;
        bool padded = true;
        SimpleBackend backend([&](const Pass &pass) {
            const auto *u = values_in<double>(pass.inputs[0]);
            const auto *ps = values_in<float>(pass.inputs[1]);
            auto *tendency = values_in<float>(pass.outputs[0]);
            for (std::int64_t i = 0; i < chunk; ++i, ++row) {
                const std::int64_t of = std::min(row, rows - 1);
                padded &= ps[i] == static_cast<float>(1000 * of) &&
                          u[i * nlev + 2] == static_cast<double>(of + 200) + 0.5;
                for (std::int64_t level = 0; level < nlev; ++level) {
                    tendency[i * nlev + level] =
                        static_cast<float>(u[i * nlev + level]) + ps[i];
                }
            }
        });
        batch.run(backend, inputs, outputs);
        ok(backend.passes() == (rows + chunk - 1) / chunk && padded &&
               values_of(outputs[0]) == expected,
           (std::to_string(rows) + " rows, the last one repeated in the padding")
               .c_str());
        ok(values_of(inputs[0]) == wind && values_of(inputs[1]) == pressure,
           "inputs keep their rows");
    }
}

void test_any_rows() {
    const Batch batch(contract_of(GeometryKind::column), chunk);
    for (const std::int64_t rows : {0, 1, 33}) {
        std::vector<Rows> inputs = batch.input_rows();
        for (Rows &input : inputs) {
            input.resize(rows);
        }
        std::vector<Rows> outputs = batch.output_rows();
        bool are_all = true;
        SimpleBackend backend(
            [&](const Pass &pass) {
                are_all = pass.inputs[0].shape == Shape{rows, 3} &&
                          pass.inputs[1].shape == Shape{rows} &&
                          pass.outputs[0].shape == Shape{rows, 3};
            },
            "", true);
        batch.run(backend, inputs, outputs);
        ok(are_all && backend.passes() == (rows > 0 ? 1 : 0) &&
               outputs[0].count() == rows,
           (std::to_string(rows) + " rows in one pass, where any number is taken")
               .c_str());
    }
}

void test_failure() {
    const Batch batch(contract_of(GeometryKind::column), chunk);
    std::vector<Rows> inputs;
    inputs.push_back(rows_of(Dtype::float64, nlev, {1, 2, 3, 4, 5, 6}));
    inputs.push_back(rows_of(Dtype::float32, 1, {7, 8}));
    std::vector<Rows> outputs = batch.output_rows();
    SimpleBackend backend([](const Pass &) {
        throw gwparam::Error(GWPARAM_ERR_DEVICE, "the device was lost");
    });
    ok(throws(GWPARAM_ERR_DEVICE, "the device was lost",
              [&] { batch.run(backend, inputs, outputs); }) &&
           values_of(inputs[0]) == std::vector<double>{1, 2, 3, 4, 5, 6} &&
           values_of(inputs[1]) == std::vector<double>{7, 8},
       "also where the backend fails: another one may want them");
}

} // namespace

int main() {
    test_shapes();
    test_chunks();
    test_any_rows();
    test_failure();
    return done_testing();
}

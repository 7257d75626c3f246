#include "probe.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "error.hpp"

namespace gwparam {

namespace {

// The profiling executor of TorchScript is slow for two calls, then settled.
constexpr int warm_up_calls = 3;

std::vector<Rows> read_rows(const std::vector<FieldContract> &fields,
                            std::int64_t columns, const std::string &bytes,
                            std::size_t &position) {
    std::vector<Rows> all;
    for (const FieldContract &field : fields) {
        Rows rows(field.dtype, field.width());
        rows.resize(columns);
        const auto size = static_cast<std::size_t>(columns * rows.row_bytes());
        if (position + size <= bytes.size()) {
            std::memcpy(rows.row(0), bytes.data() + position, size);
        }
        position += size;
        all.push_back(std::move(rows));
    }
    return all;
}

double value(const Rows &rows, std::int64_t i, std::int64_t level) {
    if (rows.dtype() == Dtype::float32) {
        return reinterpret_cast<const float *>(rows.row(i))[level];
    }
    return reinterpret_cast<const double *>(rows.row(i))[level];
}

void compare(const FieldContract &field, const Rows &found, const Rows &expected,
             double tolerance) {
    double largest = 0.0;
    double difference = 0.0;
    for (std::int64_t i = 0; i < found.count(); ++i) {
        const std::int64_t j = i % expected.count();
        for (std::int64_t level = 0; level < found.width(); ++level) {
            const double reference = value(expected, j, level);
            const double error = std::abs(value(found, i, level) - reference);
            largest = std::max(largest, std::abs(reference));
            // std::max would pass over NaN.
            difference = error <= difference ? difference : error;
        }
    }
    if (!(difference <= tolerance * largest)) {
        std::ostringstream text;
        text << "the probe is off by " << difference << " " << field.units << " in "
             << field.name << ", expected at most " << tolerance
             << " of its largest value " << largest;
        throw Error(GWPARAM_ERR_INFERENCE, text.str());
    }
}

} // namespace

void check_probe(const Contract &contract, Backend &backend,
                 std::int64_t chunk_columns) {
    const std::string &bytes = backend.probe_bytes();
    std::size_t size = 0;
    const auto inputs = read_rows(contract.inputs, contract.probe_columns, bytes, size);
    const auto outputs =
        read_rows(contract.outputs, contract.probe_columns, bytes, size);
    if (size != bytes.size()) {
        throw Error(GWPARAM_ERR_CONTRACT,
                    "the probe has " + std::to_string(bytes.size()) +
                        " bytes, expected " + std::to_string(size));
    }
    // Repeated over whole chunks, so that every place in a chunk is tried.
    const std::int64_t columns =
        (contract.probe_columns + chunk_columns - 1) / chunk_columns * chunk_columns;
    Batch batch(contract, chunk_columns);
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        batch.input(f).resize(columns);
        for (std::int64_t i = 0; i < columns; ++i) {
            std::memcpy(batch.input(f).row(i),
                        inputs[f].row(i % contract.probe_columns),
                        static_cast<std::size_t>(inputs[f].row_bytes()));
        }
    }
    for (int call = 0; call < warm_up_calls; ++call) {
        batch.run(backend, columns);
    }
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        compare(contract.outputs[f], batch.output(f), outputs[f],
                contract.probe_tolerance);
    }
}

} // namespace gwparam

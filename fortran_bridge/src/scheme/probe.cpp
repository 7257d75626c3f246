#include "scheme/probe.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <sstream>

#include "base/error.hpp"

namespace gwparam {

namespace {

// The profiling executor of TorchScript is slow for two calls, then settled. What it
// loses is nothing to the image of a global network, whose one call takes seconds.
constexpr int warm_up_calls = 3;

// Copies the rows of the probe's next fields out of its bytes.
std::vector<Rows> read_rows(const std::vector<Rows> &like, std::int64_t count,
                            const std::string &bytes, std::size_t &position) {
    std::vector<Rows> all;
    for (const Rows &pattern : like) {
        Rows rows(pattern.dtype(), pattern.width());
        rows.resize(count);
        const auto size = static_cast<std::size_t>(count * rows.row_bytes());
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

void check_probe(const Contract &contract, const std::string &bytes, Backend &backend,
                 std::int64_t chunk_columns, double tolerance) {
    Batch batch(contract, chunk_columns);
    const std::int64_t count = batch.probe_rows();
    std::size_t size = 0;
    const auto inputs = read_rows(batch.inputs(), count, bytes, size);
    const auto outputs = read_rows(batch.outputs(), count, bytes, size);
    if (size != bytes.size()) {
        throw Error(GWPARAM_ERR_CONTRACT,
                    "the probe has " + std::to_string(bytes.size()) +
                        " bytes, expected " + std::to_string(size));
    }
    // Repeated over whole chunks, so that every place in a chunk is tried.
    const std::int64_t rows =
        (count + batch.chunk() - 1) / batch.chunk() * batch.chunk();
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        batch.inputs()[f].resize(rows);
        for (std::int64_t i = 0; i < rows; ++i) {
            std::memcpy(batch.inputs()[f].row(i), inputs[f].row(i % count),
                        static_cast<std::size_t>(inputs[f].row_bytes()));
        }
    }
    const bool global = contract.geometry.kind == GeometryKind::global;
    for (int call = 0; call < (global ? 1 : warm_up_calls); ++call) {
        batch.run(backend, rows);
    }
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        compare(contract.outputs[f], batch.outputs()[f], outputs[f], tolerance);
    }
}

} // namespace gwparam

#include "scheme/probe.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

#include "base/error.hpp"

namespace gwparam {

namespace {

// The profiling executor of TorchScript is slow for two calls, then settled. What it
// loses is nothing to the image of a global network, whose one call takes seconds.
constexpr int warm_up_calls = 3;

// The probe has images as their tensors are, (levels, cells); rows go cell by cell.
template <typename Value>
void turn_image(const std::byte *image, std::int64_t levels, std::int64_t cells,
                Value *row) {
    for (std::int64_t k = 0; k < levels; ++k) {
        for (std::int64_t cell = 0; cell < cells; ++cell) {
            std::memcpy(row + cell * levels + k, image, sizeof *row);
            image += sizeof *row;
        }
    }
}

// How long a probe is, as far as a number goes: before anything is made for it.
std::uint64_t bytes_of(const std::vector<Rows> &inputs,
                       const std::vector<Rows> &outputs, std::int64_t count) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t sum = 0;
    for (const auto *group : {&inputs, &outputs}) {
        for (const Rows &rows : *group) {
            const auto row = static_cast<std::uint64_t>(rows.row_bytes());
            const auto times = static_cast<std::uint64_t>(count);
            sum = row > (most - sum) / times ? most : sum + row * times;
        }
    }
    return sum;
}

// A probe of NaN or infinity would be reproduced by whatever comes, or by nothing.
void check_finite(const FieldContract &field, const Rows &rows) {
    for (std::int64_t i = 0; i < rows.count(); ++i) {
        for (std::int64_t k = 0; k < rows.width(); ++k) {
            if (!std::isfinite(value_at(rows, i, k))) {
                throw Error(GWPARAM_ERR_CONTRACT,
                            "the probe holds " + std::to_string(value_at(rows, i, k)) +
                                " in " + field.name + " (row " + std::to_string(i) +
                                ", value " + std::to_string(k) +
                                "), expected finite numbers");
            }
        }
    }
}

// Copies the rows of the probe's next fields out of its bytes, which has them.
std::vector<Rows> read_rows(const std::vector<Rows> &like,
                            const std::vector<FieldContract> &fields, bool is_image,
                            std::int64_t count, const std::string &bytes,
                            std::size_t &position) {
    std::vector<Rows> all;
    for (std::size_t f = 0; f < fields.size(); ++f) {
        Rows rows(like[f].dtype(), like[f].width());
        rows.resize(count);
        const auto size = static_cast<std::size_t>(count * rows.row_bytes());
        const auto *from = reinterpret_cast<const std::byte *>(bytes.data()) + position;
        if (is_image && fields[f].levels > 0) {
            visit(rows, [&](auto *row) {
                turn_image(from, fields[f].levels, rows.width() / fields[f].levels,
                           row);
            });
        } else {
            std::memcpy(rows.row(0), from, size);
        }
        position += size;
        check_finite(fields[f], rows);
        all.push_back(std::move(rows));
    }
    return all;
}

void compare_bits(const FieldContract &field, const Rows &found, const Rows &expected) {
    for (std::int64_t i = 0; i < found.count(); ++i) {
        const std::byte *here = found.row(i);
        const std::byte *there = expected.row(i % expected.count());
        if (std::memcmp(here, there, static_cast<std::size_t>(found.row_bytes())) !=
            0) {
            throw Error(GWPARAM_ERR_INFERENCE,
                        "the probe has other bits in " + field.name +
                            ", expected the same on every machine: the artefact is "
                            "damaged, or this library was built wrong");
        }
    }
}

[[noreturn]] void off_by(const FieldContract &field, double difference, double largest,
                         double tolerance) {
    std::ostringstream text;
    text << "the probe is off by " << difference << " " << field.units << " in "
         << field.name << ", expected at most " << tolerance << " of its largest value "
         << largest;
    throw Error(GWPARAM_ERR_INFERENCE, text.str());
}

// Every value, in every place of a chunk.
void compare(const FieldContract &field, const Rows &found, const Rows &expected,
             double tolerance) {
    double largest = 0.0; // of numbers that are finite
    for (std::int64_t i = 0; i < expected.count(); ++i) {
        for (std::int64_t level = 0; level < expected.width(); ++level) {
            largest = std::max(largest, std::abs(value_at(expected, i, level)));
        }
    }
    double difference = 0.0;
    for (std::int64_t i = 0; i < found.count(); ++i) {
        for (std::int64_t level = 0; level < found.width(); ++level) {
            const double value = value_at(found, i, level);
            const double error =
                std::abs(value - value_at(expected, i % expected.count(), level));
            if (!std::isfinite(error)) { // std::max would pass over NaN
                off_by(field, error, largest, tolerance);
            }
            difference = std::max(difference, error);
        }
    }
    if (difference > tolerance * largest) {
        off_by(field, difference, largest, tolerance);
    }
}

} // namespace

void check_probe(const Contract &contract, const std::string &bytes, Backend &backend,
                 std::int64_t chunk_columns, double tolerance) {
    const Batch batch(contract, chunk_columns);
    std::vector<Rows> inputs = batch.input_rows();
    std::vector<Rows> outputs = batch.output_rows();
    const std::int64_t count = batch.probe_rows();
    const std::uint64_t size = bytes_of(inputs, outputs, count);
    if (size != bytes.size()) {
        throw Error(GWPARAM_ERR_CONTRACT,
                    "the probe has " + std::to_string(bytes.size()) +
                        " bytes, expected " + std::to_string(size));
    }
    const bool is_image = contract.geometry.kind == GeometryKind::global;
    std::size_t position = 0;
    const auto given =
        read_rows(inputs, contract.inputs, is_image, count, bytes, position);
    const auto expected =
        read_rows(outputs, contract.outputs, is_image, count, bytes, position);
    // Repeated over whole chunks, so that every place in a chunk is tried.
    const std::int64_t rows =
        (count + batch.chunk() - 1) / batch.chunk() * batch.chunk();
    for (std::size_t f = 0; f < inputs.size(); ++f) {
        inputs[f].resize(rows);
        for (std::int64_t i = 0; i < rows; ++i) {
            std::memcpy(inputs[f].row(i), given[f].row(i % count),
                        static_cast<std::size_t>(given[f].row_bytes()));
        }
    }
    for (int call = 0; call < (is_image ? 1 : warm_up_calls); ++call) {
        batch.run(backend, inputs, outputs);
    }
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        if (backend.has_defined_bits()) {
            compare_bits(contract.outputs[f], outputs[f], expected[f]);
        } else {
            compare(contract.outputs[f], outputs[f], expected[f], tolerance);
        }
    }
}

} // namespace gwparam

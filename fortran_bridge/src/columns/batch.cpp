#include "columns/batch.hpp"

#include <algorithm>
#include <cstring>

namespace gwparam {

namespace {

constexpr std::int64_t rows_axis = 0;

std::vector<std::int64_t> shape_of(const Contract &contract, const FieldContract &field,
                                   bool is_input) {
    const Geometry &geometry = contract.geometry;
    std::vector<std::int64_t> shape;
    if (geometry.kind != GeometryKind::global) {
        shape.push_back(rows_axis);
    }
    if (field.levels > 0) {
        shape.push_back(field.levels);
    }
    if (geometry.kind == GeometryKind::global) {
        shape.push_back(static_cast<std::int64_t>(geometry.latitude.size()));
        shape.push_back(static_cast<std::int64_t>(geometry.longitude.size()));
    } else if (geometry.kind == GeometryKind::stencil && is_input) {
        shape.insert(shape.end(), 2, 2 * geometry.radius + 1);
    }
    return shape;
}

} // namespace

Batch::Batch(const Contract &contract, std::int64_t chunk_columns)
    : chunk_(contract.geometry.kind == GeometryKind::global ? 1 : chunk_columns),
      probe_rows_(
          contract.geometry.kind == GeometryKind::global ? 1 : contract.probe_columns) {
    const bool is_image = contract.geometry.kind == GeometryKind::global;
    for (const FieldContract &field : contract.inputs) {
        input_tensors_.push_back({field.dtype, shape_of(contract, field, true),
                                  is_image && field.levels > 0});
    }
    for (const FieldContract &field : contract.outputs) {
        output_tensors_.push_back({field.dtype, shape_of(contract, field, false),
                                   is_image && field.levels > 0});
    }
}

std::vector<Rows> Batch::rows_for(const std::vector<Tensor> &tensors) {
    std::vector<Rows> rows;
    for (const Tensor &tensor : tensors) {
        std::int64_t width = 1;
        for (const std::int64_t extent : tensor.shape) {
            width *= extent == rows_axis ? 1 : extent;
        }
        rows.emplace_back(tensor.dtype, width);
    }
    return rows;
}

void Batch::run(Backend &backend, std::vector<Rows> &inputs,
                std::vector<Rows> &outputs) const {
    const std::int64_t rows = inputs.front().count();
    const std::int64_t chunk =
        backend.has_defined_bits() ? std::max(rows, std::int64_t{1}) : chunk_;
    const std::int64_t padded = (rows + chunk - 1) / chunk * chunk;
    for (Rows &input : inputs) {
        input.resize(padded);
        // Copies of the last row: as plausible to the network as it is.
        for (std::int64_t i = rows; i < padded; ++i) {
            std::memcpy(input.row(i), input.row(rows - 1),
                        static_cast<std::size_t>(input.row_bytes()));
        }
        input.resize(rows);
    }
    for (Rows &output : outputs) {
        output.resize(padded);
        output.resize(rows);
    }
    const auto chunk_of = [chunk](const Tensor &tensor, auto *data) {
        BatchField<std::remove_pointer_t<decltype(data)>> field{
            data, tensor.dtype, tensor.shape, tensor.levels_last};
        if (field.shape.front() == rows_axis) {
            field.shape.front() = chunk;
        }
        return field;
    };
    std::vector<Pass> passes;
    for (std::int64_t first = 0; first < rows; first += chunk) {
        Pass &pass = passes.emplace_back();
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            const std::byte *data = inputs[i].row(first);
            pass.inputs.push_back(chunk_of(input_tensors_[i], data));
        }
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            pass.outputs.push_back(chunk_of(output_tensors_[i], outputs[i].row(first)));
        }
    }
    backend.forward(passes);
}

} // namespace gwparam

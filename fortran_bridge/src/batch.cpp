#include "batch.hpp"

#include <cstring>

namespace gwparam {

namespace {

std::vector<Rows> rows_for(const std::vector<FieldContract> &fields) {
    std::vector<Rows> rows;
    for (const FieldContract &field : fields) {
        rows.emplace_back(field.dtype, field.width());
    }
    return rows;
}

} // namespace

Batch::Batch(const Contract &contract, std::int64_t chunk_columns)
    : contract_(contract), chunk_columns_(chunk_columns),
      inputs_(rows_for(contract.inputs)), outputs_(rows_for(contract.outputs)) {}

void Batch::pad(std::int64_t columns) {
    const std::int64_t padded =
        (columns + chunk_columns_ - 1) / chunk_columns_ * chunk_columns_;
    for (Rows &rows : inputs_) {
        rows.resize(padded);
        // Copies of the last column: as plausible to the network as it is.
        for (std::int64_t i = columns; i < padded; ++i) {
            std::memcpy(rows.row(i), rows.row(columns - 1),
                        static_cast<std::size_t>(rows.row_bytes()));
        }
    }
    for (Rows &rows : outputs_) {
        rows.resize(padded);
    }
}

void Batch::run(Backend &backend, std::int64_t columns) {
    pad(columns);
    for (std::int64_t first = 0; first < columns; first += chunk_columns_) {
        std::vector<BatchInput> inputs;
        for (std::size_t i = 0; i < inputs_.size(); ++i) {
            inputs.push_back({inputs_[i].row(first), inputs_[i].dtype(), chunk_columns_,
                              inputs_[i].width(), contract_.inputs[i].levels > 0});
        }
        std::vector<BatchOutput> outputs;
        for (std::size_t i = 0; i < outputs_.size(); ++i) {
            outputs.push_back({outputs_[i].row(first), outputs_[i].dtype(),
                               chunk_columns_, outputs_[i].width(),
                               contract_.outputs[i].levels > 0});
        }
        backend.forward(inputs, outputs);
    }
}

std::int64_t Batch::bytes() const {
    std::int64_t bytes = 0;
    for (const auto *fields : {&inputs_, &outputs_}) {
        for (const Rows &rows : *fields) {
            bytes += rows.bytes();
        }
    }
    return bytes;
}

} // namespace gwparam

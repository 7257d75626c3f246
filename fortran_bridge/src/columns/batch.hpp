// The tensors of a network, run in chunks of one fixed size.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "columns/array.hpp"

namespace gwparam {

// Tensors as rows. A row is a column of the network, or the whole image of a global
// one, cell by cell, of which a chunk is one. Chunks have one size and the last is
// padded, so that the result of a row has the same bits whatever the number of ranks,
// windows or columns. A backend of defined bits gets all rows in one pass.
class Batch {
  public:
    Batch(const Contract &contract, std::int64_t chunk_columns);

    // Rows for the tensors, empty.
    std::vector<Rows> input_rows() const { return rows_for(input_tensors_); }
    std::vector<Rows> output_rows() const { return rows_for(output_tensors_); }

    std::int64_t chunk() const { return chunk_; }

    // Rows of the probe.
    std::int64_t probe_rows() const { return probe_rows_; }

    // Gives as many rows as the inputs have; those keep theirs, and get room for the
    // padding.
    void run(Backend &backend, std::vector<Rows> &inputs,
             std::vector<Rows> &outputs) const;

  private:
    // How a chunk of rows is a tensor.
    struct Tensor {
        Dtype dtype;
        std::vector<std::int64_t> shape; // a leading axis of 0 stands for the rows
        bool levels_last;
    };

    static std::vector<Rows> rows_for(const std::vector<Tensor> &tensors);

    std::int64_t chunk_;
    std::int64_t probe_rows_;
    std::vector<Tensor> input_tensors_;
    std::vector<Tensor> output_tensors_;
};

} // namespace gwparam

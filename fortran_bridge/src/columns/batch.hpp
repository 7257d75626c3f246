// The tensors of a network, run in chunks of one fixed size.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "columns/array.hpp"

namespace gwparam {

// Tensors as rows. A row is a column of the network, or the whole image of a global
// one, of which a chunk is one. Chunks have one size and the last is padded, so that
// the result of a row has the same bits whatever the number of ranks, windows or
// columns.
class Batch {
  public:
    Batch(const Contract &contract, std::int64_t chunk_columns);

    std::vector<Rows> &inputs() { return inputs_; }
    std::vector<Rows> &outputs() { return outputs_; }
    std::int64_t chunk() const { return chunk_; }

    // Rows of the probe.
    std::int64_t probe_rows() const { return probe_rows_; }

    // Runs the first `rows` rows of the inputs; the outputs then have as many.
    void run(Backend &backend, std::int64_t rows);

    std::int64_t bytes() const;

  private:
    // How a chunk of rows is a tensor.
    struct Tensor {
        Dtype dtype;
        std::vector<std::int64_t> shape; // a leading axis of 0 stands for the rows
    };

    static std::vector<Rows> rows_for(const std::vector<Tensor> &tensors);
    void pad(std::int64_t rows);

    std::int64_t chunk_;
    std::int64_t probe_rows_;
    std::vector<Tensor> input_tensors_;
    std::vector<Tensor> output_tensors_;
    std::vector<Rows> inputs_;
    std::vector<Rows> outputs_;
};

} // namespace gwparam

// The columns of all windows, packed level-fastest, run in chunks of one fixed size.
#pragma once

#include <cstdint>
#include <vector>

#include "array.hpp"
#include "backend.hpp"
#include "contract.hpp"

namespace gwparam {

// Chunks have one size and the last is padded, so that the result of a column has the
// same bits whatever the number of ranks, windows or columns.
class Batch {
  public:
    Batch(const Contract &contract, std::int64_t chunk_columns);

    Rows &input(std::size_t i) { return inputs_[i]; }
    const std::vector<Rows> &inputs() const { return inputs_; }
    Rows &output(std::size_t i) { return outputs_[i]; }
    const std::vector<Rows> &outputs() const { return outputs_; }

    // Runs the first `columns` rows of the inputs; the outputs then have as many.
    void run(Backend &backend, std::int64_t columns);

    std::int64_t bytes() const;

  private:
    void pad(std::int64_t columns);

    const Contract &contract_;
    std::int64_t chunk_columns_;
    std::vector<Rows> inputs_;
    std::vector<Rows> outputs_;
};

} // namespace gwparam

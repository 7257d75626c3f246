// From columns to what the network sees of them: the column, its neighbours, or the
// globe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "array.hpp"
#include "backend.hpp"
#include "batch.hpp"
#include "contract.hpp"
#include "grid.hpp"
#include "regrid.hpp"

namespace gwparam {

class HorizontalStage {
  public:
    // The contract must outlive the stage.
    HorizontalStage(const Contract &contract, std::int64_t chunk_columns);

    // Where the columns are [degrees], in the order in which the host puts them. Throws
    // ERR_ARGUMENT unless they are all cells of one global latitude-longitude grid.
    void set_columns(const double *latitude, const double *longitude,
                     std::int64_t columns);

    // Runs the network on columns of its own levels; single columns are used up. Throws
    // ERR_ARGUMENT if the network sees more than one column and these are not those of
    // set_columns.
    void run(Backend &backend, std::vector<Rows> &inputs, std::int64_t columns,
             std::vector<Rows> &outputs);

    std::int64_t bytes() const { return batch_.bytes(); }

  private:
    void run_columns(Backend &backend, std::vector<Rows> &inputs, std::int64_t columns,
                     std::vector<Rows> &outputs);
    void run_stencils(Backend &backend, const std::vector<Rows> &inputs,
                      std::int64_t columns, std::vector<Rows> &outputs);
    void run_image(Backend &backend, const std::vector<Rows> &inputs,
                   std::vector<Rows> &outputs);

    const Contract &contract_;
    Batch batch_;
    std::int64_t columns_ = -1; // of set_columns
    std::vector<std::int64_t> neighbours_;
    Regrid to_network_;
    Regrid to_host_;
};

} // namespace gwparam

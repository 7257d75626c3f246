// From columns to what the network sees of them: the column, its neighbours, or the
// globe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "artefact/backend.hpp"
#include "artefact/contract.hpp"
#include "columns/array.hpp"
#include "columns/batch.hpp"
#include "columns/grid.hpp"
#include "columns/regrid.hpp"

namespace gwparam {

class HorizontalStage {
  public:
    // The contract must outlive the stage.
    HorizontalStage(const Contract &contract, std::int64_t chunk_columns);

    // What a rank takes and gives, in this order. Results of a global network are
    // numbered as its tensors' cells are, those of others as the host's cells.
    struct Needs {
        std::vector<std::int64_t> inputs;  // host cells whose columns run() takes
        std::vector<std::int64_t> results; // that run() gives
        std::vector<std::int64_t> outputs; // results that to_columns() takes
        std::int64_t all_results = 0;      // of all ranks
    };

    // For networks of columns and stencils: makes ready for a rank that has the columns
    // of the cells `mine` of a host's grid, and computes those of the cells `here`.
    Needs set_cells(const LatLonAxes &host, std::int64_t host_cells,
                    const std::vector<std::int64_t> &mine,
                    const std::vector<std::int64_t> &here);

    // For global networks: the same, for a rank that computes all or nothing.
    Needs set_grids(const LatLonAxes &host, const std::vector<std::int64_t> &mine,
                    bool computes);

    // Runs the network on columns of its own levels; gives one row a result. The inputs
    // keep theirs, so that it can be tried again. Stencils are put together in the
    // threads of the pool, and as many chunks of them at a time as it has threads.
    void run(Backend &backend, std::vector<Rows> &inputs, std::vector<Rows> &outputs,
             ThreadPool &pool);

    // From results to the columns of this rank. Can be called while run() is at work in
    // another thread.
    void to_columns(std::vector<Rows> &&results, std::vector<Rows> &columns) const;

    std::int64_t bytes() const { return bytes_of(batch_in_) + bytes_of(batch_out_); }

  private:
    std::vector<std::int64_t> set_stencils(const LatLonAxes &host,
                                           const std::vector<std::int64_t> &results);
    void run_stencils(Backend &backend, const std::vector<Rows> &inputs,
                      std::vector<Rows> &outputs, ThreadPool &pool);
    void gather(const Rows &columns, std::int64_t first, std::int64_t count,
                Rows &stencils, ThreadPool &pool) const;
    void run_image(Backend &backend, const std::vector<Rows> &inputs,
                   std::vector<Rows> &outputs);

    const Contract &contract_;
    Batch batch_;
    std::vector<Rows> batch_in_; // stencils of chunks, or the image
    std::vector<Rows> batch_out_;
    std::int64_t results_ = 0;             // of set_cells
    std::vector<std::int64_t> neighbours_; // rows of the inputs around each result
    Regrid to_network_;                    // on the rank that computes
    Regrid to_host_;                       // to the columns of this rank
};

} // namespace gwparam

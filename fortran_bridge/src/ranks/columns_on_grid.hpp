// The grid of a host whose columns are spread over ranks.
#pragma once

#include <cstdint>
#include <vector>

#include "columns/grid.hpp"
#include "ranks/communicator.hpp"
#include "ranks/directory.hpp"

namespace gwparam {

// Where this rank's columns are on the grid of all ranks.
struct ColumnsOnGrid {
    LatLonAxes axes;
    std::vector<std::int64_t> cells; // one a column
    Directory directory;
};

// Collective. Coordinates [degrees] of this rank's columns, longitudes from any origin.
// Throws ERR_ARGUMENT unless the columns of all ranks are all cells of one global
// latitude-longitude grid, each once.
ColumnsOnGrid find_columns_on_grid(const Communicator &communicator,
                                   const std::vector<double> &latitude,
                                   const std::vector<double> &longitude);

} // namespace gwparam

// The grid of a host whose columns are spread over ranks.
#pragma once

#include <cstdint>
#include <vector>

#include "directory.hpp"
#include "grid.hpp"
#include "team.hpp"

namespace gwparam {

// Where this rank's columns are on the grid of all ranks.
struct Places {
    LatLonAxes axes;
    std::vector<std::int64_t> cells; // one a column
    Directory directory;
};

// Collective. Coordinates [degrees] of this rank's columns, longitudes from any origin.
// Throws ERR_ARGUMENT unless the columns of all ranks are all cells of one global
// latitude-longitude grid, each once.
Places find_places(const Team &team, const std::vector<double> &latitude,
                   const std::vector<double> &longitude);

} // namespace gwparam

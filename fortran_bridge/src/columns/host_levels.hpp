// What a host says of its levels, checked.
#pragma once

#include <cstdint>

#include "artefact/contract.hpp"

namespace gwparam {

// Throws ERR_ARGUMENT (pressure [Pa] is not monotonic in that order), ERR_SHAPE
// (another number of levels than the network's), ERR_CONTRACT (other pressures).
void check_host_levels(const Vertical &vertical, std::int32_t order, std::int64_t nlev,
                       const double *pressure);

} // namespace gwparam

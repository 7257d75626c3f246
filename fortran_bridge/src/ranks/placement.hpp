// Which ranks run the network, for whom, and on what.
#pragma once

#include <string>

#include "artefact/contract.hpp"
#include "gwparam.h"
#include "ranks/communicator.hpp"

namespace gwparam {

struct Placement {
    int owner = 0;      // rank that runs the network for this one
    std::string device; // for an owner
    int threads = 1;    // of this rank
};

// A global network has one owner in all, rank 0. Of others, each group of
// ranks_per_device ranks of a node has one, the first: by node-local rank, because what
// they share is in the node. `accelerators` are those of a node that the network's
// backend can run on.
Placement placement_of(const Communicator &communicator, GeometryKind geometry,
                       const gwparam_options &options, int accelerators);

} // namespace gwparam

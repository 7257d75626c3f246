// Which ranks run the network, for whom, and on what.
#pragma once

#include <string>

#include "contract.hpp"
#include "gwparam.h"
#include "team.hpp"

namespace gwparam {

struct Role {
    int owner = 0;      // rank that runs the network for this one
    std::string device; // for an owner
    int threads = 1;    // the same
};

// A global network has one owner in all, rank 0. Of others, each group of
// ranks_per_device ranks of a node has one, the first: by node-local rank, because what
// they share is in the node.
Role role_of(const Team &team, GeometryKind geometry, const gwparam_options &options,
             int cuda_devices);

} // namespace gwparam

// The kinds of processors that the kernels are compiled for.
#pragma once

#include <vector>

#include "engine/kernels.hpp"

namespace gwparam {

// Those that this processor can run, the fastest first. The last one, "portable", runs
// anywhere.
std::vector<Target> usable_targets();

} // namespace gwparam

// The settings of a scheme, checked.
#pragma once

#include "gwparam.h"
#include "ranks/communicator.hpp"

namespace gwparam {

gwparam_options default_options();

// Collective. Fills in what 0 stands for. Throws ERR_ARGUMENT for what cannot be meant,
// and where ranks would wait for each other in vain because theirs differ.
gwparam_options checked_options(const Communicator &communicator,
                                const gwparam_options &options);

} // namespace gwparam

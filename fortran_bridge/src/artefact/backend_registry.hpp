// The backends that there are: an artefact's contract names the one that runs its
// graph.
#pragma once

#include <string>
#include <vector>

#include "artefact/backend.hpp"

namespace gwparam {

// One list, which whoever links a program writes out: the library's is in
// api/backends.cpp, and tests have theirs. Objects that enter themselves before main()
// would be lost in a static library, where nothing refers to them.
const std::vector<BackendFactory> &backends();

// Throws ERR_CONTRACT, naming those that there are.
const BackendFactory &backend_named(const std::string &name);

} // namespace gwparam

// Networks that gwparam compile made a package of, by AOTInductor.
#pragma once

#include <memory>
#include <string>

#include "artefact/backend.hpp"

namespace gwparam {

// Of the package beside an artefact, on the CPU. Null where the library was built with
// a libtorch that has no such loader; throws std::exception where the package does not
// fit or cannot be loaded.
std::unique_ptr<Backend> load_compiled(const std::string &artefact,
                                       const BackendOptions &options);

} // namespace gwparam

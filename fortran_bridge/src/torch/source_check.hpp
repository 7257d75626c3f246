// What of a TorchScript source would run while libtorch loads it.
#pragma once

#include <string>

namespace gwparam {

// Takes sources as libtorch writes them, in which what is evaluated at the load, which
// is constants of classes and defaults of arguments, is a literal, and no class has
// code for being loaded. Throws ERR_CONTRACT, with the line, for any other.
void check_source(const std::string &what, const std::string &source);

} // namespace gwparam

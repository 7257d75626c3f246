// What an artefact is, in words: for the reports of a run.
#pragma once

#include <string>

#include "artefact/contract.hpp"

namespace gwparam {

// A line for the network and its levels, then one for each tendency and its limit.
std::string description(const Contract &contract);

} // namespace gwparam

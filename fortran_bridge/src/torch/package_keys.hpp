// For which artefact, libtorch and processor a package of gwparam compile is good.
//
// gwparam/compiled_package.py writes what is compared here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gwparam {

// One input that a package was compiled for.
struct PackageInput {
    std::string dtype; // float32 or float64
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> stride;
};

// Where the package of an artefact is, if there is one.
std::string package_path(const std::string &artefact);

// The processor and its instructions, of a text as /proc/cpuinfo; empty where it does
// not say.
std::string processor_features(const std::string &cpuinfo);

// The inputs of the package of an artefact. Throws ERR_FILE or ERR_CONTRACT where it is
// damaged, or not for this artefact, release of libtorch and processor.
std::vector<PackageInput> fitting_inputs(const std::string &artefact,
                                         const std::string &libtorch,
                                         const std::string &processor);

} // namespace gwparam

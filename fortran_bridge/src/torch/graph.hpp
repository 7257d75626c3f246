// Networks of TorchScript, run by libtorch; which only the sources of this folder see.
#pragma once

#include <memory>
#include <string>

#include "artefact/backend.hpp"

namespace gwparam {

// As BackendFactory says.
std::unique_ptr<Backend> load_torchscript(const std::string &path,
                                          const BackendOptions &options);
int cuda_device_count();

} // namespace gwparam

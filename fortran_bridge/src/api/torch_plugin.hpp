// The backend of libtorch, behind its plugin.
#pragma once

#include <memory>
#include <string>

#include "artefact/backend.hpp"

namespace gwparam {

// As BackendFactory says. Without the plugin there is no accelerator, and to load
// throws ERR_DEVICE where one is asked for, else ERR_CONTRACT, with the reason.
std::unique_ptr<Backend> load_torchscript_by_plugin(const std::string &path,
                                                    const BackendOptions &options);
int torch_accelerators(const std::string &device, int precision);

} // namespace gwparam

// Which device a network runs on.
#pragma once

#include <string>

#include <c10/core/Device.h>

namespace gwparam {

// A device with its number, or the CPU. Throws ERR_ARGUMENT, ERR_DEVICE.
c10::Device chosen_device(const std::string &name);

} // namespace gwparam

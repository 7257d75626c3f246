// What libtorch throws, as errors of this library.
#pragma once

#include <exception>
#include <string>

#include <c10/util/Exception.h>

#include "base/error.hpp"

namespace gwparam {

// The first line: what follows is a backtrace.
std::string first_line(const c10::Error &e);

// A failure of a forward pass: of its device, or of the network itself.
struct ForwardFailure {
    Error error;
    bool device_lost; // nothing can be asked of the device any more
};

ForwardFailure forward_failure(const std::exception &e, bool on_cuda);

} // namespace gwparam

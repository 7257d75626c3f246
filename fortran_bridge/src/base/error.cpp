#include "base/error.hpp"

#include <cstring>

namespace gwparam {

namespace {

// A plain array: keeping a message must not need memory.
thread_local char message_of_this_thread[1024] = "";

} // namespace

gwparam_status fail(gwparam_status status, const char *message) noexcept {
    std::strncpy(message_of_this_thread, message, sizeof message_of_this_thread - 1);
    return status;
}

const char *last_error() noexcept { return message_of_this_thread; }

} // namespace gwparam

#include "base/error.hpp"

#include <cstring>

namespace gwparam {

namespace {

// A plain array: keeping a message must not need memory.
thread_local char message_of_this_thread[1024] = "";

} // namespace

void reject_argument(const std::string &message) {
    throw Error(GWPARAM_ERR_ARGUMENT, message);
}

void check_choice(const char *name, std::int32_t choice, std::int32_t last) {
    if (choice < 0 || choice > last) {
        reject_argument(std::string(name) + " is " + std::to_string(choice) +
                        ", expected 0 to " + std::to_string(last));
    }
}

gwparam_status fail(gwparam_status status, const char *message) noexcept {
    std::strncpy(message_of_this_thread, message, sizeof message_of_this_thread - 1);
    return status;
}

const char *last_error() noexcept { return message_of_this_thread; }

} // namespace gwparam

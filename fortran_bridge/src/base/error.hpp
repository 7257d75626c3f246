// The one exception type of the library, and the text that a status leaves behind.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "gwparam.h"

namespace gwparam {

class Error : public std::runtime_error {
  public:
    Error(gwparam_status status, const std::string &message)
        : std::runtime_error(message), status_(status) {}

    gwparam_status status() const noexcept { return status_; }

  private:
    gwparam_status status_;
};

// Throws ERR_ARGUMENT.
[[noreturn]] void reject_argument(const std::string &message);

// Throws ERR_ARGUMENT unless it is one of 0 to `last`.
void check_choice(const char *name, std::int32_t choice, std::int32_t last);

// Keep the message for this thread and hand the status on.
gwparam_status fail(gwparam_status status, const char *message) noexcept;

// The message of this thread's last failure.
const char *last_error() noexcept;

} // namespace gwparam

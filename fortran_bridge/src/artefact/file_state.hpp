// Which file, in which state: what is loaded from it is loaded once.
#pragma once

#include <string>
#include <tuple>

#include <sys/stat.h>

namespace gwparam {

// Where one file takes the place of another, or its bytes change, one of these does
// too. The path says nothing of that.
using FileState = std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long>;

// Throws ERR_FILE.
FileState state_of(const std::string &path);

} // namespace gwparam

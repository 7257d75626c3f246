#include "artefact/file_state.hpp"

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace gwparam {

FileState state_of(const std::string &path) {
    struct stat file{};
    if (stat(path.c_str(), &file) != 0) {
        throw Error(GWPARAM_ERR_FILE,
                    "cannot open " + path + ": " + std::strerror(errno));
    }
    return {file.st_dev,         file.st_ino,          file.st_size,
            file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_ctim.tv_sec,
            file.st_ctim.tv_nsec};
}

} // namespace gwparam

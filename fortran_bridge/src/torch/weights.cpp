#include "torch/weights.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

#include <sys/stat.h>
#include <torch/csrc/jit/serialization/import.h>

#include "base/error.hpp"
#include "torch/errors.hpp"

namespace gwparam {

namespace {

// Which file, in which state: where one takes the place of another, or its bytes
// change, one of these does too. The path says nothing of that.
using FileState = std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long>;
using Key = std::tuple<FileState, std::string, int>; // with device and precision

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

torch::jit::Module read_module(const std::string &path, const c10::Device &device) {
    torch::jit::Module module;
    try {
        module = torch::jit::load(path, c10::kCPU);
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_FILE,
                    path + " is no complete TorchScript archive: " + first_line(e));
    }
    try {
        module.to(device);
        module.eval();
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_DEVICE, path + " cannot be moved to " + device.str() +
                                            ": " + first_line(e));
    }
    return module;
}

} // namespace

std::shared_ptr<Weights> load_weights(const std::string &path,
                                      const c10::Device &device, int precision) {
    static std::mutex mutex;
    static std::map<Key, std::weak_ptr<Weights>> loaded;
    // Held while a network is read: who loads the same one at the same time waits for
    // it instead of reading it too.
    const std::lock_guard<std::mutex> lock(mutex);
    for (auto entry = loaded.begin(); entry != loaded.end();) {
        entry = entry->second.expired() ? loaded.erase(entry) : std::next(entry);
    }
    std::weak_ptr<Weights> &known = loaded[{state_of(path), device.str(), precision}];
    std::shared_ptr<Weights> weights = known.lock();
    if (weights == nullptr || weights->device_lost) {
        weights = std::make_shared<Weights>();
        weights->module = read_module(path, device);
        known = weights;
    }
    return weights;
}

} // namespace gwparam

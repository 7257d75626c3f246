#include "torch/weights.hpp"

#include <map>
#include <mutex>
#include <tuple>

#include <torch/csrc/jit/serialization/import.h>

#include "base/error.hpp"
#include "torch/errors.hpp"
#include "torch/file_state.hpp"

namespace gwparam {

namespace {

using Key = std::tuple<FileState, std::string, int>; // with device and precision

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

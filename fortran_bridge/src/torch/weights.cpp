#include "torch/weights.hpp"

#include <map>
#include <mutex>
#include <tuple>

#include <torch/csrc/jit/serialization/import.h>

#include "artefact/file_state.hpp"
#include "base/error.hpp"
#include "torch/allowed_graph.hpp"
#include "torch/errors.hpp"

namespace gwparam {

namespace {

using Key = std::tuple<FileState, std::string, int>; // with device and precision

torch::jit::Module read_module(const std::string &path, const c10::Device &device) {
    const FileState before = state_of(path);
    check_code(path);
    torch::jit::Module module;
    try {
        module = torch::jit::load(path, c10::kCPU);
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_FILE,
                    path + " is no complete TorchScript archive: " + first_line(e));
    }
    if (state_of(path) != before) {
        throw Error(GWPARAM_ERR_FILE, path + " was written while it was read");
    }
    check_graphs(path, module);
    try {
        module.to(device);
        module.eval();
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_DEVICE, path + " cannot be moved to " + device.str() +
                                            ": " + first_line(e));
    }
    return module;
}

std::uint32_t version_of(const at::Tensor &tensor) {
    return tensor.unsafeGetTensorImpl()->version_counter().current_version();
}

// Everything in attributes, which are more than parameters and buffers.
void collect(const torch::jit::Module &module, Weights &weights) {
    for (const torch::jit::Module &part : module.modules()) {
        for (const auto &attribute : part.attributes(/*recurse=*/false)) {
            c10::IValue::HashAliasedIValues inside;
            attribute.getSubValues(inside);
            for (const c10::IValue &value : inside) {
                if (value.isTensor() && !value.toTensor().is_inference()) {
                    weights.tensors.push_back(value.toTensor());
                    weights.versions.push_back(version_of(value.toTensor()));
                }
            }
        }
    }
}

} // namespace

void Weights::expect_unchanged() const {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (version_of(tensors[i]) != versions[i]) {
            throw Error(GWPARAM_ERR_INFERENCE,
                        "the network changed its own weights, expected that a call "
                        "changes nothing");
        }
    }
}

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
        collect(weights->module, *weights);
        known = weights;
    }
    return weights;
}

} // namespace gwparam

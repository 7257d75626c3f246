// The weights of a network, in memory once however often a process loads it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <c10/core/Device.h>
#include <torch/csrc/jit/api/module.h>

namespace gwparam {

// A network on its device that all may read who loaded it. Nobody changes it: forward()
// of an artefact must not, either.
struct Weights {
    torch::jit::Module module;
    std::vector<at::Tensor> tensors;      // all that the module holds
    std::vector<std::uint32_t> versions;  // that torch counts up with each change
    std::atomic<bool> device_lost{false}; // then nobody is given them any more

    // Throws ERR_INFERENCE where a call changed one: the next one's result, and that of
    // others with the same weights, would be another.
    void expect_unchanged() const;
};

// Those of the file as it is now, which somebody holds already, or else loads them.
// They are not shared between devices, nor between precisions. Throws ERR_FILE,
// ERR_DEVICE.
std::shared_ptr<Weights> load_weights(const std::string &path,
                                      const c10::Device &device, int precision);

} // namespace gwparam

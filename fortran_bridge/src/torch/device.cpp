#include "torch/device.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <torch/cuda.h>

#include "base/error.hpp"
#include "torch/errors.hpp"
#include "torch/graph.hpp"

namespace gwparam {

namespace {

[[noreturn]] void reject_name(const std::string &name) {
    throw Error(GWPARAM_ERR_ARGUMENT,
                "device is \"" + name + "\", expected auto, cpu, cuda or cuda:N");
}

c10::Device parsed(const std::string &name) {
    if (name.rfind("cuda", 0) != 0) {
        reject_name(name);
    }
    try {
        return c10::Device(name);
    } catch (const c10::Error &) {
        reject_name(name);
    }
}

// The current device of CUDA is each thread's own: another one may run the network.
c10::Device with_index(c10::Device device) {
    if (device.has_index()) {
        return device;
    }
    try {
        return c10::impl::VirtualGuardImpl(device.type()).getDevice();
    } catch (const c10::Error &e) {
        throw Error(GWPARAM_ERR_DEVICE,
                    device.str() + " is out of reach: " + first_line(e));
    }
}

} // namespace

c10::Device chosen_device(const std::string &name) {
    if (name == "cpu" || (name == "auto" && cuda_device_count() == 0)) {
        return c10::kCPU;
    }
    const c10::Device device = name == "auto" ? c10::Device(c10::kCUDA) : parsed(name);
    const int count = cuda_device_count();
    if (device.index() >= count || count == 0) {
        throw Error(GWPARAM_ERR_DEVICE, "device is \"" + name + "\", expected one of " +
                                            std::to_string(count) + " CUDA devices");
    }
    return with_index(device);
}

int cuda_device_count() { return static_cast<int>(torch::cuda::device_count()); }

} // namespace gwparam

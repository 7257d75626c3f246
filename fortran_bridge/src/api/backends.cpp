// What runs the networks of this library.
#include "artefact/backend_registry.hpp"
#include "torch/graph.hpp"

namespace gwparam {

const std::vector<BackendFactory> &backends() {
    static const std::vector<BackendFactory> all{
        {"torchscript", load_torchscript, cuda_device_count},
    };
    return all;
}

} // namespace gwparam

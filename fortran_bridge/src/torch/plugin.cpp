// libgwparam_torch: all of gwparam that needs libtorch.
#include <string>

#include "artefact/backend_plugin.hpp"
#include "torch/graph.hpp"

namespace {

int accelerators(const std::string &device, int /*precision*/) {
    return device == "cpu" ? 0 : gwparam::cuda_device_count();
}

} // namespace

const gwparam::BackendFactory *gwparam_torch_plugin(const char *version) noexcept {
    static const gwparam::BackendFactory torchscript{
        "torchscript", gwparam::load_torchscript, accelerators};
    return std::string(version) == GWPARAM_VERSION ? &torchscript : nullptr;
}

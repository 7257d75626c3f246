// libgwparam_torch: all of gwparam that needs libtorch.
#include <string>

#include "artefact/backend_plugin.hpp"
#include "torch/graph.hpp"
#include "torch/release.hpp"

namespace {

std::unique_ptr<gwparam::Backend> load(const std::string &path,
                                       const gwparam::BackendOptions &options) {
    gwparam::expect_own_torch();
    return gwparam::load_torchscript(path, options);
}

int accelerators(const std::string &device, int /*precision*/) {
    return device == "cpu" ? 0 : gwparam::cuda_device_count();
}

} // namespace

const gwparam::BackendFactory *gwparam_torch_plugin(const char *version) noexcept {
    static const gwparam::BackendFactory torchscript{"torchscript", load, accelerators};
    return std::string(version) == GWPARAM_VERSION ? &torchscript : nullptr;
}

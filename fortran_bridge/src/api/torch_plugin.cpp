#include "api/torch_plugin.hpp"

#include <dlfcn.h>

#include "artefact/backend_plugin.hpp"
#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr const char *file = "libgwparam_torch.so";

[[noreturn]] void refuse(const std::string &reason) {
    throw Error(GWPARAM_ERR_CONTRACT,
                "the artefact needs libtorch (backend \"torchscript\", a device or a "
                "reduced precision), and there is no plugin for it: " +
                    reason);
}

// The linker finds it beside this library, by the path that the build wrote into it.
const BackendFactory &loaded() {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        refuse(dlerror());
    }
    const auto plugin = reinterpret_cast<decltype(&gwparam_torch_plugin)>(
        dlsym(library, "gwparam_torch_plugin"));
    const BackendFactory *backend =
        plugin == nullptr ? nullptr : plugin(GWPARAM_VERSION);
    if (backend == nullptr) {
        refuse(std::string(file) + " is of another version, expected " +
               GWPARAM_VERSION);
    }
    return *backend;
}

const BackendFactory &torchscript() {
    static const BackendFactory &backend = loaded(); // tried again after a failure
    return backend;
}

} // namespace

std::unique_ptr<Backend> load_torchscript_by_plugin(const std::string &path,
                                                    const BackendOptions &options) {
    return torchscript().load(path, options);
}

int torch_accelerators(const std::string &device, int precision) {
    if (device == "cpu") {
        return 0;
    }
    try {
        return torchscript().accelerators(device, precision);
    } catch (const Error &) {
        return 0; // and to load says why
    }
}

} // namespace gwparam

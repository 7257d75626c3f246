#include "api/torch_plugin.hpp"

#include <dlfcn.h>

#include "artefact/backend_plugin.hpp"
#include "base/error.hpp"

namespace gwparam {

namespace {

constexpr const char *file = "libgwparam_torch.so";

[[noreturn]] void refuse(const std::string &reason) {
    throw Error(GWPARAM_ERR_CONTRACT, reason);
}

// A libtorch of another release lacks symbols, which is all that dlopen says.
std::string with_release(const std::string &reason) {
#ifdef GWPARAM_TORCH_RELEASE
    return reason + " (gwparam was built with torch " GWPARAM_TORCH_RELEASE ")";
#else
    return reason;
#endif
}

// The linker finds it beside this library, by the path that the build wrote into it.
const BackendFactory &loaded() {
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        refuse(with_release(dlerror()));
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

// A device that is absent may be made good for by the CPU.
[[noreturn]] void refuse_for(const BackendOptions &options, const std::string &reason) {
    const std::string lacks =
        ", which needs libtorch, and there is no plugin for it: " + reason;
    if (options.device != "auto" && options.device != "cpu") {
        throw Error(GWPARAM_ERR_DEVICE, "device is \"" + options.device + "\"" + lacks);
    }
    if (options.precision != GWPARAM_PRECISION_EXPORTED) {
        refuse("precision is reduced" + lacks);
    }
    refuse("backend is \"torchscript\"" + lacks);
}

} // namespace

std::unique_ptr<Backend> load_torchscript_by_plugin(const std::string &path,
                                                    const BackendOptions &options) {
    const BackendFactory *factory = nullptr;
    try {
        factory = &torchscript();
    } catch (const Error &e) {
        refuse_for(options, e.what());
    }
    return factory->load(path, options);
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

#include "artefact/backend_registry.hpp"

#include "base/error.hpp"

namespace gwparam {

const BackendFactory &backend_named(const std::string &name) {
    std::string known;
    for (const BackendFactory &backend : backends()) {
        if (backend.name == name) {
            return backend;
        }
        known += (known.empty() ? "" : ", ") + backend.name;
    }
    throw Error(GWPARAM_ERR_CONTRACT,
                "backend is \"" + name + "\", expected one of " + known);
}

} // namespace gwparam

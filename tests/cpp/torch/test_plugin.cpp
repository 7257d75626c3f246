// What the plugin hands over, and to whom.
#include <string>

#include "artefact/backend_plugin.hpp"
#include "tap.h"

int main() {
    const gwparam::BackendFactory *backend = gwparam_torch_plugin(GWPARAM_VERSION);
    ok(backend != nullptr && backend->name == "torchscript" &&
           backend->accelerators("cpu", 0) == 0,
       "the backend of TorchScript");
    ok(gwparam_torch_plugin("9.9.9") == nullptr, "nothing to another version");
    return done_testing();
}

// Without the plugin of libtorch: what needs it is refused, and nothing else.
#include "api/torch_plugin.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"
#include "threads/thread_pool.hpp"

namespace {

// Beside this program there is no plugin.
bool refuses(const char *device, int precision, gwparam_status status,
             const char *message) {
    gwparam::ThreadPool caller(1);
    const gwparam::BackendOptions options{device, caller, 1, false, precision, false};
    return throws(status, message,
                  [&] { gwparam::load_torchscript_by_plugin("network.pt", options); });
}

} // namespace

int main() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        ok(refuses("auto", GWPARAM_PRECISION_EXPORTED, GWPARAM_ERR_CONTRACT,
                   "backend is \"torchscript\", which needs libtorch, and there is no "
                   "plugin for it: libgwparam_torch.so: cannot open"),
           "the message says what is absent, every time");
    }
    ok(refuses("cpu", GWPARAM_PRECISION_BFLOAT16, GWPARAM_ERR_CONTRACT,
               "precision is reduced, which needs libtorch"),
       "and what it is needed for");
    ok(refuses("cuda:1", GWPARAM_PRECISION_EXPORTED, GWPARAM_ERR_DEVICE,
               "device is \"cuda:1\", which needs libtorch"),
       "a device is one that fails, so that the CPU may do");
    ok(gwparam::torch_accelerators("auto", 0) == 0 &&
           gwparam::torch_accelerators("cpu", 0) == 0,
       "there are no accelerators");
    return done_testing();
}

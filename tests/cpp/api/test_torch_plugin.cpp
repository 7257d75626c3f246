// Without the plugin of libtorch: what needs it is refused, and nothing else.
#include "api/torch_plugin.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"
#include "threads/thread_pool.hpp"

int main() {
    // Beside this program there is none.
    gwparam::ThreadPool caller(1);
    const gwparam::BackendOptions options{"auto", caller, 1, false, 0, false};
    for (int attempt = 0; attempt < 2; ++attempt) {
        ok(throws(GWPARAM_ERR_CONTRACT,
                  "needs libtorch (backend \"torchscript\", a device or a reduced "
                  "precision), and there is no plugin for it: libgwparam_torch.so: "
                  "cannot open",
                  [&] { gwparam::load_torchscript_by_plugin("network.pt", options); }),
           "the message says what is absent, every time");
    }
    ok(gwparam::torch_accelerators("auto", 0) == 0 &&
           gwparam::torch_accelerators("cpu", 0) == 0,
       "there are no accelerators");
    return done_testing();
}

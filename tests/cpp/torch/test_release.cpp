// Which libtorch may serve a plugin that was built with another.
#include "torch/release.hpp"

#include <ATen/Version.h>
#include <torch/version.h>

#include "rows_and_errors.hpp"
#include "tap.h"

int main() {
    using gwparam::expect_torch;
    ok(gwparam::torch_release("built with:\n  - Build settings: CXX=g++, "
                              "TORCH_VERSION=2.14.1, USE_CUDA=OFF, \n") == "2.14.1" &&
           gwparam::torch_release("TORCH_VERSION=2.6.0\n") == "2.6.0",
       "a release is read");
    ok(gwparam::torch_release("built with GCC 12") == "", "there may be none");
    ok(gwparam::torch_release(at::show_config()) == TORCH_VERSION,
       "libtorch says it as its headers do");
    expect_torch("2.13.0", "2.13.1");
    gwparam::expect_own_torch();
    ok(true, "the same series may serve");
    for (const char *other : {"2.1.0", "2.14.0", "3.13.0"}) {
        ok(throws(GWPARAM_ERR_CONTRACT,
                  std::string("libtorch is ") + other +
                      ", expected 2.13.0, which gwparam was built with",
                  [&] { expect_torch("2.13.0", other); }),
           "another one may not");
    }
    ok(throws(GWPARAM_ERR_CONTRACT, "libtorch is unknown, expected 2.13.0",
              [] { expect_torch("2.13.0", ""); }),
       "nor one that does not say");
    return done_testing();
}

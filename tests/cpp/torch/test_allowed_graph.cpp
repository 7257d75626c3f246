// Which operations a graph may have; archives of modules that libtorch compiles.
#include <string>

#include <ATen/ops/ones.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>

#include "rows_and_errors.hpp"
#include "tap.h"
#include "torch/allowed_graph.hpp"

namespace {

const char *path = "test_allowed_graph.pt"; // in the folder that meson runs tests in

// A module whose forward has this body, as the archive gives it back.
torch::jit::Module loaded(const std::string &body, const std::string &more = "") {
    torch::jit::Module module("Net");
    module.register_parameter("w", at::ones({2}), /*is_buffer=*/false);
    module.define(more + "def forward(self, x, n: int, s: str):\n  " + body + "\n");
    module.save(path);
    gwparam::check_code(path);
    return torch::jit::load(path);
}

bool is_refused(const std::string &body, const std::string &operation) {
    return throws(GWPARAM_ERR_CONTRACT,
                  std::string(path) + " uses the operation " + operation + ", expected",
                  [&] { gwparam::check_graphs(path, loaded(body)); });
}

void test_tables() {
    bool right = true;
    for (const char *name : {"aten::add", "aten::linear", "aten::_set_item",
                             "aten::zeros_like", "aten::abs", "prim::If", "prim::Loop",
                             "prim::unchecked_cast", "prim::CallFunction"}) {
        right &= gwparam::is_allowed(name);
    }
    ok(right, "arithmetic, shapes and control flow");
    bool refused = true;
    for (const char *name : {"aten::save",
                             "aten::from_file",
                             "aten::set_",
                             "aten::warn",
                             "aten::backward",
                             "aten::manual_seed",
                             "aten::rand",
                             "aten::randn",
                             "aten::resize_",
                             "prim::Print",
                             "prim::PythonOp",
                             "prim::SetAttr",
                             "prim::fork",
                             "prim::rpc_sync",
                             "prim::TimePoint",
                             "prim::CudaFusionGroup",
                             "quantized::add",
                             "profiler::_record_function_enter",
                             "mine::add",
                             "add",
                             "aten",
                             "",
                             "aten::",
                             "aten::add::",
                             "prim::add"}) {
        const bool is_allowed = gwparam::is_allowed(name);
        if (is_allowed) {
            printf("# %s\n", name);
        }
        refused &= !is_allowed;
    }
    ok(refused, "and nothing else");
}

void test_graphs() {
    gwparam::check_graphs(path, loaded("return torch.relu(x) + n * 2.0"));
    ok(true, "a graph of arithmetic");
    ok(is_refused("torch.save(x, s)\n  return x", "aten::save"), "one that saves");
    ok(is_refused("print(x)\n  return x", "prim::Print"), "one that prints");
    ok(is_refused("if n > 0:\n    for i in range(n):\n      print(x)\n  return x",
                  "prim::Print"),
       "in a branch and a loop");
    ok(is_refused("self.w = x\n  return x", "prim::SetAttr"), "one that remembers");
    ok(throws(GWPARAM_ERR_CONTRACT, "uses the operation aten::save",
              [] {
                  gwparam::check_graphs(path, loaded("return x",
                                                     "def other(self, x):\n"
                                                     "  torch.save(x, \"file\")\n"));
              }),
       "in a function that nobody calls");
}

} // namespace

int main() {
    test_tables();
    test_graphs();
    return done_testing();
}

// What a TorchScript graph may do: arithmetic, shapes and control flow, on its inputs
// and weights. TorchScript itself can also read and write files, print, call other
// processes, and run code while it is loaded.
#pragma once

#include <string>
#include <string_view>

#include <torch/csrc/jit/api/module.h>

namespace gwparam {

// Before libtorch loads the archive. Throws ERR_FILE where something compressed is not
// what was written, ERR_CONTRACT where something in it would run at the load, naming
// the file in it.
void check_code(const std::string &path);

// Before anything of a module runs. Throws ERR_CONTRACT, naming the operation, unless
// each of every function that came with it is allowed.
void check_graphs(const std::string &path, const torch::jit::Module &module);

// As aten::add, prim::If.
bool is_allowed(std::string_view operation);

} // namespace gwparam

// In place of compiled.cpp where libtorch has no loader of packages.
#include "torch/compiled.hpp"

namespace gwparam {

std::unique_ptr<Backend> load_compiled(const std::string &, const BackendOptions &) {
    return nullptr;
}

} // namespace gwparam

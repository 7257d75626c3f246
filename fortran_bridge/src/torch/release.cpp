#include "torch/release.hpp"

#include <ATen/Version.h>
#include <torch/version.h>

#include "base/error.hpp"

namespace gwparam {

namespace {

std::string series(const std::string &release) {
    return release.substr(0, release.find('.', release.find('.') + 1));
}

} // namespace

std::string torch_release(const std::string &config) {
    const std::string key = "TORCH_VERSION=";
    const std::size_t at = config.find(key);
    if (at == std::string::npos) {
        return "";
    }
    const std::size_t first = at + key.size();
    return config.substr(first, config.find_first_of(", \n", first) - first);
}

void expect_torch(const std::string &built_with, const std::string &found) {
    if (series(found) != series(built_with)) {
        throw Error(GWPARAM_ERR_CONTRACT,
                    "libtorch is " + (found.empty() ? "unknown" : found) +
                        ", expected " + built_with + ", which gwparam was built with");
    }
}

void expect_own_torch() {
    expect_torch(TORCH_VERSION, torch_release(at::show_config()));
}

} // namespace gwparam

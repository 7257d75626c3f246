// The release of libtorch: that of the build, and that which was found.
#pragma once

#include <string>

namespace gwparam {

// Of a text as at::show_config() gives it; empty where it does not say.
std::string torch_release(const std::string &config);

// Throws ERR_CONTRACT unless both are of one series, as 2.13.0 and 2.13.1 are: classes
// of libtorch change from series to series, and a symbol that is still there may mean
// another one.
void expect_torch(const std::string &built_with, const std::string &found);

// The same of what this library was compiled with and what is loaded.
void expect_own_torch();

} // namespace gwparam

// Shapes of arrays, as messages show them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gwparam {

std::string shape_text(const std::vector<std::int64_t> &shape);

} // namespace gwparam

// The types of a network's fields.
#pragma once

#include <cstddef>

namespace gwparam {

enum class Dtype { float32, float64 };

// Bytes of one value.
constexpr std::size_t size_of(Dtype dtype) {
    return dtype == Dtype::float32 ? sizeof(float) : sizeof(double);
}

} // namespace gwparam

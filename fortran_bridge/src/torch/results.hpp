// What a network gives, into the memory of its caller.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace gwparam {

// Throws ERR_INFERENCE unless each result has the shape and the type of its output; it
// may be bfloat16 too, where `may_be_bfloat16`.
void copy_results(const std::vector<at::Tensor> &results,
                  const std::vector<at::Tensor> &outputs, bool may_be_bfloat16);

} // namespace gwparam

// Which columns of a batch are not to be trusted, and what becomes of them.
#pragma once

#include <cstdint>
#include <vector>

#include "array.hpp"
#include "contract.hpp"

namespace gwparam {

using ColumnMarks = std::vector<ColumnMark>; // one a column

// Marks the columns with an input further than `sigmas` standard deviations from its
// mean in training. Throws ERR_RANGE if the policy is GWPARAM_GUARD_ERROR.
void mark_out_of_range(const Contract &contract, const std::vector<Rows> &inputs,
                       double sigmas, std::int32_t policy, ColumnMarks &marks);

// Marks the columns with an output that is not finite or beyond its limit. Throws
// ERR_NONFINITE or ERR_RANGE if the policy is GWPARAM_GUARD_ERROR; a value that is not
// finite also if it is GWPARAM_GUARD_IGNORE: it never reaches the host.
void mark_beyond_limits(const Contract &contract, const std::vector<Rows> &outputs,
                        std::int32_t policy, ColumnMarks &marks);

} // namespace gwparam

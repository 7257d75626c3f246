// Which columns of a batch are not to be trusted, and what becomes of them.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/array.hpp"

namespace gwparam {

using ColumnMarks = std::vector<ColumnMark>; // one a column

// In both, `top_down` is the order of the rows' levels: messages count from the top.

// Marks the columns with an input further than `sigmas` standard deviations from its
// mean in training. Throws ERR_RANGE if the policy is GWPARAM_GUARD_ERROR.
void mark_out_of_range(const std::vector<FieldContract> &fields,
                       const std::vector<Rows> &inputs, bool top_down, double sigmas,
                       std::int32_t policy, ColumnMarks &marks);

// Marks the columns with an output that is not finite or beyond its limit, if it has
// one. Throws
// ERR_NONFINITE or ERR_RANGE if the policy is GWPARAM_GUARD_ERROR; a value that is not
// finite also if it is GWPARAM_GUARD_IGNORE: it never reaches the host.
void mark_beyond_limits(const std::vector<FieldContract> &fields,
                        const std::vector<Rows> &outputs, bool top_down,
                        std::int32_t policy, ColumnMarks &marks);

} // namespace gwparam

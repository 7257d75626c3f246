// Sums of columns on their way through a step: whoever replays it sees where it
// differs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "columns/array.hpp"
#include "threads/thread_pool.hpp"

namespace gwparam {

// Where sums are made, in the order of a step.
enum TraceStage : std::size_t {
    trace_put,            // inputs, as the host put them
    trace_network_inputs, // on the network's levels
    trace_network_outputs,
    trace_outputs, // on the host's levels
    trace_guarded, // past the guards
    trace_stages   // how many there are
};

// One number a column and stage; empty: not made.
struct Trace {
    std::array<std::vector<std::uint64_t>, trace_stages> sums;
};

// Of the first columns of all fields. Each value that changes by a bit changes the sum
// of its column for certain, several almost surely; the bits of a NaN do not count.
std::vector<std::uint64_t> sums_of_columns(const std::vector<Rows> &fields,
                                           std::int64_t columns, ThreadPool &pool);

} // namespace gwparam

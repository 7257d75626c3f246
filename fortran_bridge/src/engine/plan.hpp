// Where each element of a program lies while a tile of columns is computed.
//
// The memory of a tile has slots, each of one element: a number for every column of the
// tile, side by side. A block of elements, that of an input or of an instruction, has
// slots in a row; they are used again once nothing reads the block any more.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/program.hpp"

namespace gwparam {

struct PlannedStep {
    Instruction instruction; // its arguments count slots instead of elements
    std::int64_t slot = 0;   // the first one of its results
    std::size_t among = 0;   // how many of the same operation are before it
};

struct ProgramPlan {
    std::vector<std::int64_t> inputs; // the first slot of each
    std::vector<PlannedStep> steps;
    std::vector<Operand> outputs; // of slots
    std::int64_t slots = 0;
    std::int64_t gathered = 0; // most elements that one step needs in another
                               // order at once: elementwise ones need few at a time
};

ProgramPlan plan_of(const Program &program);

// Whether these are slots in a row.
bool in_a_row(const Operand &operand);

} // namespace gwparam

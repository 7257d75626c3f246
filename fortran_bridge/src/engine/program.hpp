// A column program: what a network computes for one column, as a list of instructions.
//
// An element is one number a column. The inputs have the first ones, each instruction
// makes the next ones, and none is changed after that.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/dtype.hpp"
#include "engine/operation.hpp"

namespace gwparam {

// `count` elements, or numbers of the weights, from `start` on, `step` apart.
struct Run {
    bool is_weights;
    std::int64_t start;
    std::int64_t count;
    std::int64_t step;
};

// In order.
using Operand = std::vector<Run>;

// Cells of a function of two numbers, and where in the weights they are.
struct Table {
    std::int64_t counts[2]; // of cells
    std::int64_t place;     // the first value of both numbers, then cells in a unit
    std::int64_t patches;   // (counts[0], counts[1], 4, 4) coefficients
};

struct Instruction {
    Operation operation;
    std::vector<Operand> arguments;
    std::int64_t size = 0; // elements that it makes

    // Of a dense layer: arguments (input, row), results (output, row); all rows have
    // the same weights (output, input).
    std::int64_t rows = 0;
    std::int64_t inputs = 0;
    std::int64_t outputs = 0;
    std::int64_t weight = 0; // where they begin in the weights
    std::int64_t bias = -1;  // none
    bool relu = false;

    // Of a function: arguments (input, row), results (row); `outputs` are its units.
    Activation activation = Activation::relu;
    std::int64_t sum = 0;   // where the factors of the units begin in the weights
    std::int64_t shift = 0; // and the number that is added to their sum
    std::optional<Table> table = std::nullopt;

    // Of what goes along an axis: arguments are (length, count).
    std::int64_t length = 0;
    std::int64_t count = 0;
};

struct ProgramInput {
    std::string name;
    std::int64_t size;
};

struct ProgramOutput {
    std::string name;
    Operand from;
};

struct Program {
    Dtype dtype = Dtype::float32;
    std::vector<ProgramInput> inputs;
    std::vector<Instruction> instructions;
    std::vector<ProgramOutput> outputs;
    std::int64_t weights = 0; // numbers of them
};

std::int64_t size_of(const Operand &operand);

// Reads the text of column_program.json and checks all of it against the size of the
// weights [bytes]. Throws ERR_CONTRACT, naming instruction and field.
Program read_program(const std::string &json, std::size_t weight_bytes);

} // namespace gwparam

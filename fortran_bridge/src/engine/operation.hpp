// The operations of a column program, a closed set.
#pragma once

#include <array>

namespace gwparam {

enum class Operation {
    neg,
    abs,
    sqrt,
    cbrt,
    exp,
    log,
    sin,
    cos,
    tanh,
    sigmoid,
    relu,
    trunc,
    floor,
    erf,
    reciprocal,
    add,
    sub,
    mul,
    div,
    min,
    max,
    pow,
    lt,
    le,
    gt,
    ge,
    eq,
    ne,
    logical_and,
    logical_or,
    select,
    fma,
    dense,
    function,
    running_max,
    running_min,
    running_sum,
    sum,
    pick,
};

// Of the units of a function.
enum class Activation { relu, silu };

// Inputs that a function has at most, and numbers of each cell of a table.
constexpr int most_function_inputs = 4;
constexpr int patch_numbers = 16;

// The others come after them.
constexpr bool is_elementwise(Operation operation) {
    return operation < Operation::dense;
}

struct OperationName {
    const char *name;
    Operation operation;
    int arguments;
};

constexpr std::array<OperationName, 39> operation_names{{
    {"neg", Operation::neg, 1},
    {"abs", Operation::abs, 1},
    {"sqrt", Operation::sqrt, 1},
    {"cbrt", Operation::cbrt, 1},
    {"exp", Operation::exp, 1},
    {"log", Operation::log, 1},
    {"sin", Operation::sin, 1},
    {"cos", Operation::cos, 1},
    {"tanh", Operation::tanh, 1},
    {"sigmoid", Operation::sigmoid, 1},
    {"relu", Operation::relu, 1},
    {"trunc", Operation::trunc, 1},
    {"floor", Operation::floor, 1},
    {"erf", Operation::erf, 1},
    {"reciprocal", Operation::reciprocal, 1},
    {"add", Operation::add, 2},
    {"sub", Operation::sub, 2},
    {"mul", Operation::mul, 2},
    {"div", Operation::div, 2},
    {"min", Operation::min, 2},
    {"max", Operation::max, 2},
    {"pow", Operation::pow, 2},
    {"lt", Operation::lt, 2},
    {"le", Operation::le, 2},
    {"gt", Operation::gt, 2},
    {"ge", Operation::ge, 2},
    {"eq", Operation::eq, 2},
    {"ne", Operation::ne, 2},
    {"and", Operation::logical_and, 2},
    {"or", Operation::logical_or, 2},
    {"select", Operation::select, 3},
    {"fma", Operation::fma, 3},
    {"dense", Operation::dense, 1},
    {"function", Operation::function, 1},
    {"running_max", Operation::running_max, 1},
    {"running_min", Operation::running_min, 1},
    {"running_sum", Operation::running_sum, 1},
    {"sum", Operation::sum, 1},
    {"pick", Operation::pick, 2},
}};

} // namespace gwparam

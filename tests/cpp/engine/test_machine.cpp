// Tiles: any part of the columns, memory that is bounded, nothing allocated in a step.
#include <cmath>
#include <cstdlib>
#include <new>

#include "engine/machine.hpp"
#include "engine/targets.hpp"
#include "tap.h"

namespace {

long allocations = 0;

} // namespace

void *operator new(std::size_t size) {
    ++allocations;
    return std::malloc(size);
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }

namespace {

using gwparam::Instruction;
using gwparam::Operand;
using gwparam::Operation;
using gwparam::Program;

// y = x[0] + 2 x[size - 1], for each level.
Program sums_of(std::int64_t size) {
    Program program;
    program.inputs = {{"x", size}};
    program.weights = 1;
    const Operand first{{false, 0, size, 0}};
    const Operand last{{false, size - 1, size, 0}};
    program.instructions = {
        {Operation::fma, {last, {{true, 0, size, 0}}, first}, size}};
    program.outputs = {{"y", {{false, size, size, 1}}}};
    return program;
}

std::string weight_bytes() {
    const double two = 2.0;
    return {reinterpret_cast<const char *>(&two), sizeof two};
}

void test_tiles() {
    const gwparam::Target target = gwparam::usable_targets().front();
    const gwparam::Machine<double> machine(sums_of(3), weight_bytes(), target);
    const std::int64_t columns = machine.tile_columns();
    auto memory = machine.memory();
    std::vector<double> x(std::size_t(3 * (columns + 10)));
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = double(i);
    }
    std::vector<double> y(x.size(), -1.0);
    const std::vector<const double *> inputs{x.data()};
    const std::vector<double *> outputs{y.data()};
    const long before = allocations;
    machine.run(memory, inputs, outputs, 5, columns);
    machine.run(memory, inputs, outputs, columns + 5, 2);
    ok(allocations == before, "nothing is allocated in a step");
    bool are_right = true;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t column = i / 3;
        const bool is_computed = column >= 5 && column < std::size_t(columns) + 7;
        const double value = double(3 * column) + 2.0 * double(3 * column + 2);
        are_right = are_right && y[i] == (is_computed ? value : -1.0);
    }
    ok(are_right, "the columns that were asked for, and no others");
}

void test_size() {
    const gwparam::Target target = gwparam::usable_targets().front();
    const auto columns = [&](std::int64_t size) {
        return gwparam::Machine<double>(sums_of(size), weight_bytes(), target)
            .tile_columns();
    };
    ok(columns(10) == 48 && columns(1000) == 32 && columns(100000) == 16,
       "tiles are narrower where a program needs more memory");
}

// Zeros are left out, but not where a weight makes NaN of them.
void test_infinite_weight() {
    Program program;
    program.inputs = {{"x", 2}};
    program.weights = 2;
    Instruction dense{Operation::dense, {{{false, 0, 2, 1}}}, 1};
    dense.rows = 1;
    dense.inputs = 2;
    dense.outputs = 1;
    dense.weight = 0;
    dense.bias = -1;
    program.instructions = {dense};
    program.outputs = {{"y", {{false, 2, 1, 1}}}};
    const auto result = [&](double weight) {
        const double weights[] = {weight, 3.0};
        const gwparam::Machine<double> machine(
            program, {reinterpret_cast<const char *>(weights), sizeof weights},
            gwparam::usable_targets().front());
        auto memory = machine.memory();
        const double x[] = {0.0, 2.0};
        double y = 0.0;
        machine.run(memory, {x}, {&y}, 0, 1);
        return y;
    };
    ok(result(5.0) == 6.0 && std::isnan(result(HUGE_VAL)), "an infinite weight counts");
}

} // namespace

int main() {
    test_infinite_weight();
    test_tiles();
    test_size();
    return done_testing();
}

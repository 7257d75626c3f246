// Slots: given back after the last use, never while something is read.
#include <set>

#include "engine/plan.hpp"
#include "random_programs.hpp"
#include "tap.h"

namespace {

using gwparam::Instruction;
using gwparam::Operand;
using gwparam::Operation;
using gwparam::Program;
using gwparam::ProgramPlan;
using gwparam::Run;

// A chain of so many additions of 1 to 10 elements.
Program chain(int length) {
    Program program;
    program.inputs = {{"u", 10}};
    for (int i = 0; i < length; ++i) {
        const Operand last{{false, 10 * i, 10, 1}};
        program.instructions.push_back({Operation::add, {last, last}, 10});
    }
    program.outputs = {{"du", {{false, 10 * length, 10, 1}}}};
    return program;
}

void test_reuse() {
    ok(gwparam::plan_of(chain(50)).slots == 20,
       "a chain needs the slots of two blocks");
    Program kept = chain(50);
    kept.outputs.push_back({"u", {{false, 0, 10, 1}}});
    const ProgramPlan plan = gwparam::plan_of(kept);
    bool is_free = true;
    for (const gwparam::PlannedStep &step : plan.steps) {
        is_free = is_free && step.slot >= 10;
    }
    ok(plan.slots == 30 && is_free, "what an output reads is kept to the end");
}

void test_runs() {
    Program program;
    program.inputs = {{"u", 4}, {"v", 4}};
    const Operand across{{false, 1, 6, 1}};
    const Operand apart{{false, 0, 2, 2}, {false, 4, 2, 2}, {false, 7, 2, -7}};
    const Operand pieces{{false, 0, 1, 1}, {false, 1, 1, 1}, {false, 2, 2, 1}};
    const Operand numbers{{true, 3, 4, 0}};
    program.weights = 5;
    program.instructions = {{Operation::neg, {across}, 6},
                            {Operation::neg, {apart}, 6},
                            {Operation::neg, {pieces}, 4},
                            {Operation::neg, {numbers}, 4}};
    program.outputs = {{"du", {{false, 8, 1, 1}}}};
    const ProgramPlan plan = gwparam::plan_of(program);
    const auto argument = [&plan](std::size_t i) {
        return plan.steps[i].instruction.arguments[0];
    };
    ok(gwparam::in_a_row(argument(0)) && argument(0)[0].start == 1 &&
           argument(0)[0].count == 6,
       "two blocks side by side are one run");
    ok(argument(1).size() <= 3 && gwparam::size_of(argument(1)) == 6 &&
           !gwparam::in_a_row(argument(1)),
       "elements apart are gathered");
    ok(gwparam::in_a_row(argument(2)), "pieces are joined");
    ok(argument(3)[0].is_weights && argument(3)[0].start == 3 &&
           !gwparam::in_a_row(argument(3)),
       "weights stay where they are");
    ok(plan.gathered == 0, "elementwise operations gather a few at a time");
    program.instructions[1].operation = Operation::sum;
    ok(gwparam::plan_of(program).gathered == 6, "sums all at once");
}

void test_places() {
    Program program = chain(1);
    const Instruction sum = program.instructions[0];
    Instruction layer{Operation::dense, {{{false, 0, 10, 1}}}, 10, 10, 1, 1};
    Instruction function{Operation::function, {{{false, 0, 10, 1}}}, 10, 10, 1, 1};
    program.instructions = {layer, sum, function, layer, function, layer};
    const ProgramPlan plan = gwparam::plan_of(program);
    const std::size_t expected[] = {0, 0, 0, 1, 1, 2};
    bool are_right = true;
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        are_right = are_right && plan.steps[i].among == expected[i];
    }
    ok(are_right, "each step knows how many of its kind are before it");
}

// Computes with the numbers of elements as values: each argument must find its own.
bool finds_all(const Program &program) {
    const ProgramPlan plan = gwparam::plan_of(program);
    std::vector<std::int64_t> memory(std::size_t(plan.slots), -1);
    std::int64_t element = 0;
    const auto fill = [&](std::int64_t slot, std::int64_t size) {
        for (std::int64_t i = 0; i < size; ++i) {
            memory.at(std::size_t(slot + i)) = element++;
        }
    };
    const auto same = [&](const Operand &elements, const Operand &slots) {
        std::vector<std::int64_t> wanted;
        std::vector<std::int64_t> found;
        for (const Run &run : elements) {
            for (std::int64_t i = 0; i < run.count; ++i) {
                const std::int64_t at = run.start + i * run.step;
                wanted.push_back(run.is_weights ? -2 - at : at);
            }
        }
        for (const Run &run : slots) {
            for (std::int64_t i = 0; i < run.count; ++i) {
                const std::int64_t at = run.start + i * run.step;
                found.push_back(run.is_weights ? -2 - at : memory.at(std::size_t(at)));
            }
        }
        return wanted == found;
    };
    for (std::size_t i = 0; i < program.inputs.size(); ++i) {
        fill(plan.inputs[i], program.inputs[i].size);
    }
    for (std::size_t i = 0; i < program.instructions.size(); ++i) {
        const Instruction &its = program.instructions[i];
        // Written while arguments are read.
        fill(plan.steps[i].slot, its.size);
        for (std::size_t j = 0; j < its.arguments.size(); ++j) {
            if (!same(its.arguments[j], plan.steps[i].instruction.arguments[j])) {
                return false;
            }
        }
    }
    for (std::size_t i = 0; i < program.outputs.size(); ++i) {
        if (!same(program.outputs[i].from, plan.outputs[i])) {
            return false;
        }
    }
    return true;
}

void test_random() {
    bool all = true;
    for (unsigned seed = 0; all && seed < 300; ++seed) {
        all = finds_all(gwparam::read_program(
            RandomProgram(seed).make("float32", 60, 2000).dump(), 8000));
    }
    ok(all, "arguments of random programs are found");
}

} // namespace

int main() {
    test_reuse();
    test_runs();
    test_places();
    test_random();
    return done_testing();
}

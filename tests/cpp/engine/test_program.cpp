// Programs that are refused, by instruction and field.
#include <nlohmann/json.hpp>

#include "engine/program.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using nlohmann::json;

constexpr std::int64_t numbers = 100;

json whole() {
    return json::parse(R"({
        "version": 1, "dtype": "float32", "weights": 100,
        "inputs": [{"name": "u", "size": 4}, {"name": "ps", "size": 1}],
        "instructions": [
            {"op": "mul", "args": [[[0, 4, 1]], [[4, 4, 0]]], "size": 4},
            {"op": "dense", "args": [[[8, 4, -1]]], "size": 6, "rows": 2, "inputs": 2,
             "outputs": 3, "weight": 94, "bias": 97, "relu": true},
            {"op": "running_sum", "args": [[["w", 99, 2, -99], [9, 4, 1]]], "size": 6,
             "length": 2, "count": 3},
            {"op": "pick", "args": [[[0, 2, 1]], [[0, 4, 1]]], "size": 2, "length": 2,
             "count": 2},
            {"op": "function", "args": [[[0, 4, 1]]], "size": 2, "rows": 2, "inputs": 2,
             "units": 5, "weight": 90, "bias": 95, "activation": "silu", "sum": 94,
             "shift": 99, "table": {"counts": [1, 2], "place": 96, "patches": 68,
                                    "bound": 1e-6}}
        ],
        "outputs": [{"name": "du", "from": [[15, 6, 1]]}]
    })");
}

void test_whole() {
    const gwparam::Program program = gwparam::read_program(whole().dump(), 4 * numbers);
    ok(program.dtype == gwparam::Dtype::float32 && program.weights == numbers &&
           program.inputs.size() == 2 && program.inputs[0].name == "u" &&
           program.inputs[0].size == 4 && program.outputs[0].name == "du" &&
           gwparam::size_of(program.outputs[0].from) == 6,
       "inputs, outputs, weights");
    const gwparam::Instruction &dense = program.instructions[1];
    ok(dense.operation == gwparam::Operation::dense && dense.rows == 2 &&
           dense.inputs == 2 && dense.outputs == 3 && dense.weight == 94 &&
           dense.bias == 97 && dense.relu && dense.arguments[0][0].start == 8 &&
           dense.arguments[0][0].step == -1 && !dense.arguments[0][0].is_weights,
       "a dense layer");
    const gwparam::Instruction &along = program.instructions[2];
    ok(along.length == 2 && along.count == 3 && along.arguments[0][0].is_weights &&
           along.arguments[0][0].start == 99,
       "an operation along an axis");
    const gwparam::Instruction &function = program.instructions[4];
    ok(function.rows == 2 && function.inputs == 2 && function.outputs == 5 &&
           function.weight == 90 && function.bias == 95 && function.sum == 94 &&
           function.shift == 99 && function.activation == gwparam::Activation::silu &&
           function.table && function.table->counts[1] == 2 &&
           function.table->place == 96 && function.table->patches == 68,
       "a function of few numbers");
}

void test_refused() {
    struct Case {
        const char *pointer; // what is replaced
        json by;             // discarded: taken away
        const char *message;
    };
    const json away(json::value_t::discarded);
    const Case cases[] = {
        {"/version", 2, "version is 2, expected 1 to 1"},
        {"/dtype", "bfloat16", "dtype is \"bfloat16\", expected float32 or float64"},
        {"/weights", 99, "weights is 396 bytes, expected the 400 of the file"},
        {"/weights", -1, "weights is -1"},
        {"/other", 1, "other is no key"},
        {"/inputs", json::array(), "inputs is empty"},
        {"/outputs", json::array(), "outputs is empty"},
        {"/inputs/0/size", 0, "inputs[0].size is 0, expected 1 to"},
        {"/inputs/0/size", 4194305, "inputs[0].size is 4194305"},
        {"/inputs/0/size", 4194304, "inputs[1] is beyond 4194304 elements"},
        {"/instructions/0/op", "conv2d", "instructions[0].op is \"conv2d\""},
        {"/instructions/0/op", away, "instructions[0].op is missing"},
        {"/instructions/0", 3, "instructions[0].op is missing"},
        {"/instructions/0/size", 5,
         "instructions[0].args[0] is 4 elements, expected 5"},
        {"/instructions/0/length", 5, "instructions[0].length is no key"},
        {"/instructions/0/args/1", away,
         "instructions[0].args is 1 of them, expected 2"},
        {"/instructions/0/args/1", json::array(), "instructions[0].args[1] is empty"},
        {"/instructions/0/args/0/0", {0, 4}, "args[0][0] is 2 values, expected [start"},
        {"/instructions/0/args/0/0",
         {0, 4, 2},
         "args[0][0] is up to 6, expected inside"},
        {"/instructions/0/args/0/0", {2, 4, -1}, "args[0][0] is up to -1"},
        {"/instructions/0/args/0/0", {5, 4, 0}, "args[0][0][0] is 5, expected 0 to 4"},
        {"/instructions/0/args/0/0", {0, 0, 1}, "args[0][0][1] is 0, expected 1 to"},
        {"/instructions/0/args/0/0",
         {0.5, 4, 1},
         "args[0][0][0] is 0.5, expected an int"},
        {"/instructions/0/args/0/0",
         {"x", 0, 4, 1},
         "args[0][0][0] is \"x\", expected w"},
        {"/instructions/0/args/0/0", {"w", 97, 4, 1}, "args[0][0] is up to 100"},
        {"/instructions/0/args/0/0",
         {0, 4, 9223372036854775807},
         "args[0][0][2] is 92"},
        {"/instructions/1/rows", 3, "instructions[1].size is 6 elements, expected 9"},
        {"/instructions/1/args/0", {{0, 3, 1}}, "args[0] is 3 elements, expected 4"},
        {"/instructions/1/weight", 95,
         "instructions[1].weight is 95, expected 0 to 94"},
        {"/instructions/1/bias", 98, "instructions[1].bias is 98, expected 0 to 97"},
        {"/instructions/1/relu", 1,
         "instructions[1].relu is 1, expected true or false"},
        {"/instructions/1/inputs", 4000000,
         "instructions[1].weight is 94, expected 0 to -"},
        {"/instructions/2/size", 3, "instructions[2].size is 3 elements, expected 6"},
        {"/instructions/2/count", 2, "instructions[2].size is 6 elements, expected 4"},
        {"/instructions/3/args/0", {{0, 3, 1}}, "args[0] is 3 elements, expected 2"},
        {"/instructions/3/args/1", {{0, 3, 1}}, "args[1] is 3 elements, expected 4"},
        {"/instructions/4/size", 3, "instructions[4].size is 3 elements, expected 2"},
        {"/instructions/4/args/0", {{0, 3, 1}}, "args[0] is 3 elements, expected 4"},
        {"/instructions/4/inputs", 5, "instructions[4].inputs is 5, expected 1 to 4"},
        {"/instructions/4/weight", 91, "weight is 91, expected 0 to 90"},
        {"/instructions/4/bias", 96, "bias is 96, expected 0 to 95"},
        {"/instructions/4/sum", 96, "sum is 96, expected 0 to 95"},
        {"/instructions/4/shift", 100, "shift is 100, expected 0 to 99"},
        {"/instructions/4/activation", "gelu",
         "activation is \"gelu\", expected relu or silu"},
        {"/instructions/4/table/counts", {1}, "table.counts is 1 values, expected 2"},
        {"/instructions/4/table/counts/0", 1025, "counts[0] is 1025, expected 1 to"},
        {"/instructions/4/table/counts/1", 0, "counts[1] is 0, expected 1 to"},
        {"/instructions/4/table/place", 97, "table.place is 97, expected 0 to 96"},
        {"/instructions/4/table/patches", 69, "table.patches is 69, expected 0 to 68"},
        {"/instructions/4/table/bound", -1.0, "table.bound is negative"},
        {"/instructions/4/table/steps", 1, "table.steps is no key"},
        {"/instructions/4/inputs", 1, "table is there, expected only for two inputs"},
        {"/outputs/0/from", {{24, 2, 1}}, "outputs[0].from[0] is up to 25"},
        {"/outputs/0/name", away, "outputs[0].name is missing"},
    };
    for (const Case &its : cases) {
        json program = whole();
        const json::json_pointer pointer(its.pointer);
        if (its.by.is_discarded()) {
            json &parent = program[pointer.parent_pointer()];
            if (parent.is_array()) {
                parent.erase(std::stoul(pointer.back()));
            } else {
                parent.erase(pointer.back());
            }
        } else {
            program[pointer] = its.by;
        }
        ok(throws(GWPARAM_ERR_CONTRACT, its.message,
                  [&] { gwparam::read_program(program.dump(), 4 * numbers); }),
           (std::string("refused: ") + its.message).c_str());
    }
    ok(throws(GWPARAM_ERR_CONTRACT,
              "column_program.json: ", [] { gwparam::read_program("{", 0); }),
       "no JSON");
}

// Small files that ask for much: the same element or weight again and again.
void test_work() {
    const auto refused = [](const json &program, const char *message) {
        const std::size_t bytes = 4 * std::size_t(program["weights"]);
        ok(throws(GWPARAM_ERR_CONTRACT, message,
                  [&] { gwparam::read_program(program.dump(), bytes); }),
           (std::string("refused: ") + message).c_str());
    };
    json many = whole();
    const json add = many["instructions"][0];
    many["instructions"] = std::vector<json>(16385, add);
    refused(many, "instructions is beyond 16384 instructions");
    json reading = whole();
    const json sum = {{"op", "sum"},
                      {"args", {{{0, 4000000, 0}}}},
                      {"size", 1},
                      {"length", 4000000},
                      {"count", 1}};
    reading["instructions"] = std::vector<json>(5, sum);
    reading["outputs"][0]["from"] = {{0, 1, 1}};
    refused(reading,
            "instructions[4].args[0] is beyond 16777216 elements that are read");
    reading["instructions"] = std::vector<json>(4, sum);
    reading["outputs"][0]["from"] = {{0, 4000000, 0}};
    refused(reading, "outputs[0].from is beyond 16777216 elements that are read");
    const auto layers = [&](int count, long rows, long inputs, long outputs) {
        json program = whole();
        program["weights"] = inputs * outputs;
        const json layer = {{"op", "dense"},
                            {"args", {{{0, rows * inputs, 0}}}},
                            {"size", rows * outputs},
                            {"rows", rows},
                            {"inputs", inputs},
                            {"outputs", outputs},
                            {"weight", 0}};
        program["instructions"] = std::vector<json>(std::size_t(count), layer);
        program["outputs"][0]["from"] = {{0, 1, 1}};
        return program;
    };
    refused(layers(9, 64, 4096, 2048), "instructions[8] is beyond 4294967296 products");
    refused(layers(40, 1, 2048, 2048), "is beyond 150994944 numbers of dense layers");
    ok(gwparam::read_program(layers(30, 1, 2048, 2048).dump(), 4 * 2048 * 2048)
               .instructions.size() == 30,
       "layers may share their weights");
}

} // namespace

int main() {
    test_whole();
    test_work();
    test_refused();
    return done_testing();
}

#include "engine/program.hpp"

#include <algorithm>

#include "artefact/json_value.hpp"
#include "base/error.hpp"
#include "engine/kernels.hpp"

namespace gwparam {

namespace {

// Far above what networks need, and far below what would exhaust a machine or overflow
// a product of two.
constexpr std::int64_t most_elements = 1 << 22;
constexpr std::int64_t most_cells = 1 << 10; // along one axis of a table
constexpr std::int64_t most_weights = std::int64_t{1} << 31;

// Weights and elements may be used again and again, so that a small file could ask for
// any time and memory. Networks have some hundred instructions, and read most once.
constexpr std::int64_t most_instructions = 1 << 14;
constexpr std::int64_t most_read = 1 << 24;                     // elements
constexpr std::int64_t most_products = std::int64_t{1} << 32;   // a column
constexpr std::int64_t most_packed = 1 << 24;                   // numbers of layers,
constexpr std::int64_t most_packed_of_weight = 2 * dense_block; // or for each weight

std::int64_t integer_in(const JsonValue &value, std::int64_t first, std::int64_t last) {
    const std::int64_t number = value.integer();
    if (number < first || number > last) {
        refuse(value.key(), std::to_string(number),
               std::to_string(first) + " to " + std::to_string(last));
    }
    return number;
}

void expect_size(const JsonValue &value, std::int64_t size, std::int64_t expected) {
    if (size != expected) {
        refuse(value.key(), std::to_string(size) + " elements",
               std::to_string(expected));
    }
}

class Reader {
  public:
    explicit Reader(std::size_t weight_bytes) : weight_bytes_(weight_bytes) {}

    Program read(const JsonValue &document) {
        document.expect_keys(
            {"version", "dtype", "inputs", "instructions", "outputs", "weights"});
        integer_in(document.at("version"), 1, 1);
        program_.dtype = document.at("dtype").choice({"float32", "float64"}) == 0
                             ? Dtype::float32
                             : Dtype::float64;
        const JsonValue weights = document.at("weights");
        program_.weights = integer_in(weights, 0, most_weights);
        const std::size_t bytes =
            static_cast<std::size_t>(program_.weights) * size_of(program_.dtype);
        if (bytes != weight_bytes_) {
            refuse(weights.key(), std::to_string(bytes) + " bytes",
                   "the " + std::to_string(weight_bytes_) + " of the file of weights");
        }
        for (const char *key : {"inputs", "outputs"}) {
            if (document.at(key).items().empty()) {
                refuse(key, "empty", "at least one");
            }
        }
        for (const JsonValue &item : document.at("inputs").items()) {
            item.expect_keys({"name", "size"});
            const std::int64_t size = integer_in(item.at("size"), 1, most_elements);
            program_.inputs.push_back({item.at("name").text(), size});
            add_elements(item, size);
        }
        const std::vector<JsonValue> instructions = document.at("instructions").items();
        expect_at_most("instructions", "instructions", most_instructions,
                       static_cast<std::int64_t>(instructions.size()));
        for (const JsonValue &item : instructions) {
            program_.instructions.push_back(instruction(item));
            add_elements(item, program_.instructions.back().size);
            add_work(item, program_.instructions.back());
        }
        for (const JsonValue &item : document.at("outputs").items()) {
            item.expect_keys({"name", "from"});
            program_.outputs.push_back(
                {item.at("name").text(), operand(item.at("from"))});
        }
        return std::move(program_);
    }

  private:
    void add_elements(const JsonValue &value, std::int64_t count) {
        elements_ += count;
        expect_at_most(value.key(), "elements", most_elements, elements_);
    }

    static void expect_at_most(const std::string &key, const char *what,
                               std::int64_t most, std::int64_t found) {
        if (found > most) {
            refuse(key, "beyond " + std::to_string(most) + " " + what,
                   "a smaller program");
        }
    }

    // What an instruction asks for when it runs, and is got ready for it.
    void add_work(const JsonValue &value, const Instruction &its) {
        products_ += its.rows * its.inputs * its.outputs;
        expect_at_most(value.key(), "products", most_products, products_);
        if (its.operation == Operation::dense) {
            const std::int64_t blocks = (its.outputs + dense_block - 1) / dense_block;
            packed_ += blocks * dense_block * (its.inputs + 1);
            expect_at_most(value.key(), "numbers of dense layers",
                           most_packed + most_packed_of_weight * program_.weights,
                           packed_);
        }
    }

    Run run(const JsonValue &value) const {
        std::vector<JsonValue> items = value.items();
        const bool is_weights = items.size() == 4;
        if (is_weights) {
            static_cast<void>(items.front().choice({"w"}));
            items.erase(items.begin());
        }
        if (items.size() != 3) {
            refuse(value.key(), std::to_string(items.size()) + " values",
                   "[start, count, step] or [\"w\", start, count, step]");
        }
        const std::int64_t limit = is_weights ? program_.weights : elements_;
        const Run its{is_weights, integer_in(items[0], 0, limit - 1),
                      integer_in(items[1], 1, most_elements),
                      integer_in(items[2], -limit, limit)};
        const std::int64_t last = its.start + (its.count - 1) * its.step;
        if (last < 0 || last >= limit) {
            refuse(value.key(), "up to " + std::to_string(last),
                   "inside 0 to " + std::to_string(limit - 1));
        }
        return its;
    }

    Operand operand(const JsonValue &value) {
        Operand runs;
        std::int64_t size = 0;
        for (const JsonValue &item : value.items()) {
            runs.push_back(run(item));
            size += runs.back().count;
            if (size > most_elements) {
                refuse(value.key(), "too long",
                       "at most " + std::to_string(most_elements) + " elements");
            }
        }
        if (runs.empty()) {
            refuse(value.key(), "empty", "at least one run");
        }
        read_ += size;
        expect_at_most(value.key(), "elements that are read", most_read, read_);
        return runs;
    }

    Instruction instruction(const JsonValue &item) {
        const std::string op = item.at("op").text();
        const auto *known =
            std::find_if(operation_names.begin(), operation_names.end(),
                         [&op](const OperationName &name) { return op == name.name; });
        if (known == operation_names.end()) {
            refuse(item.key() + ".op", "\"" + op + "\"",
                   "an operation of version 1 of column programs");
        }
        Instruction its{};
        its.operation = known->operation;
        its.size = integer_in(item.at("size"), 1, most_elements);
        std::vector<JsonValue> arguments = item.at("args").items();
        if (static_cast<int>(arguments.size()) != known->arguments) {
            refuse(item.key() + ".args", std::to_string(arguments.size()) + " of them",
                   std::to_string(known->arguments));
        }
        for (const JsonValue &argument : arguments) {
            its.arguments.push_back(operand(argument));
        }
        if (is_elementwise(its.operation)) {
            item.expect_keys({"op", "args", "size"});
            for (std::size_t i = 0; i < arguments.size(); ++i) {
                expect_size(arguments[i], size_of(its.arguments[i]), its.size);
            }
        } else if (its.operation == Operation::dense) {
            read_dense(item, its);
            expect_size(arguments[0], size_of(its.arguments[0]), its.inputs * its.rows);
        } else if (its.operation == Operation::function) {
            read_function(item, its);
            expect_size(arguments[0], size_of(its.arguments[0]), its.inputs * its.rows);
        } else {
            read_along(item, its);
            const bool is_pick = its.operation == Operation::pick;
            if (is_pick) {
                expect_size(arguments[0], size_of(its.arguments[0]), its.count);
            }
            expect_size(arguments.back(), size_of(its.arguments.back()),
                        its.length * its.count);
        }
        return its;
    }

    void read_dense(const JsonValue &item, Instruction &its) const {
        item.expect_keys({"op", "args", "size", "rows", "inputs", "outputs", "weight",
                          "bias", "relu"});
        its.rows = integer_in(item.at("rows"), 1, most_elements);
        its.inputs = integer_in(item.at("inputs"), 1, most_elements);
        its.outputs = integer_in(item.at("outputs"), 1, most_elements);
        expect_size(item.at("size"), its.size, its.outputs * its.rows);
        its.weight = weights_at(item.at("weight"), its.inputs * its.outputs);
        if (item.at("bias").is_given()) {
            its.bias = weights_at(item.at("bias"), its.outputs);
        }
        its.relu = item.at("relu").is_given() && item.at("relu").boolean();
    }

    // Where so many numbers of the weights begin.
    std::int64_t weights_at(const JsonValue &value, std::int64_t count) const {
        return integer_in(value, 0, program_.weights - count);
    }

    void read_function(const JsonValue &item, Instruction &its) const {
        item.expect_keys({"op", "args", "size", "rows", "inputs", "units", "weight",
                          "bias", "activation", "sum", "shift", "table"});
        its.rows = integer_in(item.at("rows"), 1, most_elements);
        its.inputs = integer_in(item.at("inputs"), 1, most_function_inputs);
        its.outputs = integer_in(item.at("units"), 1, most_elements);
        expect_size(item.at("size"), its.size, its.rows);
        its.weight = weights_at(item.at("weight"), its.inputs * its.outputs);
        its.bias = weights_at(item.at("bias"), its.outputs);
        its.activation = item.at("activation").choice({"relu", "silu"}) == 0
                             ? Activation::relu
                             : Activation::silu;
        its.sum = weights_at(item.at("sum"), its.outputs);
        its.shift = weights_at(item.at("shift"), 1);
        const JsonValue table = item.at("table");
        if (!table.is_given()) {
            return;
        }
        if (its.inputs != 2 || program_.dtype != Dtype::float32) {
            refuse(table.key(), "there", "only for two inputs of float32");
        }
        its.table = table_of(table);
    }

    Table table_of(const JsonValue &item) const {
        item.expect_keys({"counts", "place", "patches", "bound"});
        const std::vector<JsonValue> counts = item.at("counts").items();
        if (counts.size() != 2) {
            refuse(item.key() + ".counts", std::to_string(counts.size()) + " values",
                   "2");
        }
        Table its{};
        for (std::size_t k = 0; k < 2; ++k) {
            its.counts[k] = integer_in(counts[k], 1, most_cells);
        }
        its.place = weights_at(item.at("place"), 4);
        its.patches = weights_at(item.at("patches"),
                                 its.counts[0] * its.counts[1] * patch_numbers);
        if (!(item.at("bound").number() >= 0.0)) {
            refuse(item.key() + ".bound", "negative", "at least 0");
        }
        return its;
    }

    void read_along(const JsonValue &item, Instruction &its) const {
        item.expect_keys({"op", "args", "size", "length", "count"});
        its.length = integer_in(item.at("length"), 1, most_elements);
        its.count = integer_in(item.at("count"), 1, most_elements);
        const bool is_one =
            its.operation == Operation::sum || its.operation == Operation::pick;
        expect_size(item.at("size"), its.size,
                    is_one ? its.count : its.length * its.count);
    }

    std::size_t weight_bytes_;
    Program program_;
    std::int64_t elements_ = 0;
    std::int64_t read_ = 0;
    std::int64_t products_ = 0;
    std::int64_t packed_ = 0;
};

} // namespace

std::int64_t size_of(const Operand &operand) {
    std::int64_t size = 0;
    for (const Run &run : operand) {
        size += run.count;
    }
    return size;
}

Program read_program(const std::string &json, std::size_t weight_bytes) {
    try {
        const Json document = parse_json_object(json);
        return Reader(weight_bytes).read(JsonValue(document, ""));
    } catch (const Error &e) {
        throw Error(e.status(), std::string("column_program.json: ") + e.what());
    }
}

} // namespace gwparam

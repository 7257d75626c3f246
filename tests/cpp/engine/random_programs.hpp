// Column programs of random instructions and operands, the same ones in every run.
#pragma once

#include <random>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/operation.hpp"

class RandomProgram {
  public:
    explicit RandomProgram(unsigned seed) : random_(seed) {}

    // Inputs of 7, 7 and 1; `weights` numbers of weights.
    nlohmann::json make(const std::string &dtype, int instructions, long weights) {
        using nlohmann::json;
        weights_ = weights;
        dtype_ = dtype;
        json program = {{"version", 1}, {"dtype", dtype}, {"weights", weights}};
        for (const auto &[name, size] :
             {std::pair{"u", 7L}, std::pair{"v", 7L}, std::pair{"ps", 1L}}) {
            program["inputs"].push_back({{"name", name}, {"size", size}});
            elements_ += size;
        }
        program["instructions"] = json::array();
        for (int i = 0; i < instructions; ++i) {
            program["instructions"].push_back(instruction());
            elements_ += long(program["instructions"].back()["size"]);
        }
        program["outputs"].push_back({{"name", "a"}, {"from", operand(9)}});
        // The last of them, so that long chains count.
        program["outputs"].push_back({{"name", "b"}, {"from", last_elements(60)}});
        return program;
    }

  private:
    long between(long first, long last) {
        return std::uniform_int_distribution<long>(first, last)(random_);
    }

    nlohmann::json last_elements(long size) {
        nlohmann::json runs = {{elements_ - 1, std::min(elements_, size), -1}};
        if (size > elements_) {
            runs.push_back({0, size - elements_, 0});
        }
        return runs;
    }

    nlohmann::json operand(long size) {
        nlohmann::json runs = nlohmann::json::array();
        while (size > 0) {
            const bool is_weights = between(0, 4) == 0;
            const long limit = is_weights ? weights_ : elements_;
            const long count = between(0, 1) == 0 ? size : between(1, size);
            const long start = between(0, limit - 1);
            const long steps[] = {1, 1, 1, -1, 2, 0};
            long step = steps[between(0, 5)];
            const long last = start + (count - 1) * step;
            step = last < 0 || last >= limit ? 0 : step;
            if (is_weights) {
                runs.push_back({"w", start, count, step});
            } else {
                runs.push_back({start, count, step});
            }
            size -= count;
        }
        return runs;
    }

    nlohmann::json instruction() {
        // As many dense layers and sums as single numbers.
        const long single = long(gwparam::Operation::dense);
        const long all = long(gwparam::operation_names.size());
        const long place =
            between(0, 1) == 0 ? between(0, single - 1) : between(single, all - 1);
        const gwparam::OperationName &op = gwparam::operation_names[std::size_t(place)];
        nlohmann::json its = {{"op", op.name}};
        if (gwparam::is_elementwise(op.operation)) {
            its["size"] = between(1, 40);
            for (int i = 0; i < op.arguments; ++i) {
                its["args"].push_back(operand(its["size"]));
            }
        } else if (op.operation == gwparam::Operation::dense) {
            const long rows = between(1, 3);
            const long inputs = between(1, 30);
            const long outputs = between(1, 40);
            its.update({{"rows", rows}, {"inputs", inputs}, {"outputs", outputs}});
            its["weight"] = between(0, weights_ - inputs * outputs);
            if (between(0, 2) > 0) {
                its["bias"] = between(0, weights_ - outputs);
            }
            if (between(0, 1) > 0) {
                its["relu"] = between(0, 2) > 0;
            }
            its["size"] = rows * outputs;
            its["args"].push_back(operand(rows * inputs));
        } else if (op.operation == gwparam::Operation::function) {
            add_function(its);
        } else {
            const long length = between(1, 9);
            const long count = between(1, 5);
            its.update({{"length", length}, {"count", count}});
            const bool is_pick = op.operation == gwparam::Operation::pick;
            const bool is_one = is_pick || op.operation == gwparam::Operation::sum;
            its["size"] = is_one ? count : count * length;
            if (is_pick) {
                its["args"].push_back(operand(count));
            }
            its["args"].push_back(operand(length * count));
        }
        return its;
    }

    void add_function(nlohmann::json &its) {
        const long rows = between(1, 20);
        const long inputs = between(1, 4);
        const long units = between(1, 40);
        its.update({{"rows", rows}, {"inputs", inputs}, {"units", units}});
        its.update({{"size", rows}, {"args", {operand(rows * inputs)}}});
        its["activation"] = between(0, 1) == 0 ? "relu" : "silu";
        its["weight"] = between(0, weights_ - inputs * units);
        its["bias"] = between(0, weights_ - units);
        its["sum"] = between(0, weights_ - units);
        its["shift"] = between(0, weights_ - 1);
        if (inputs == 2 && dtype_ == "float32" && between(0, 1) == 0) {
            const long cells[] = {between(1, 9), between(1, 9)};
            its["table"] = {{"counts", cells}, {"bound", 0.5}};
            its["table"]["place"] = between(0, weights_ - 4);
            its["table"]["patches"] = between(0, weights_ - 16 * cells[0] * cells[1]);
        }
    }

    std::mt19937 random_;
    std::string dtype_;
    long elements_ = 0;
    long weights_ = 0;
};

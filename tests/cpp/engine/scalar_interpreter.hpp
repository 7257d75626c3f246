// A column program computed for one column, number by number: what the engine must give
// to the bit. Functions without an IEEE operation of their own are those of the
// portable target, of which test_kernels_target.cpp has the errors.
#pragma once

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/targets.hpp"

template <typename T> T of_portable(gwparam::Operation operation, T a, T b) {
    constexpr std::size_t room = gwparam::vector_bytes / sizeof(T);
    std::vector<T> x(room, a);
    std::vector<T> y(room, b);
    std::vector<T> out(room);
    const gwparam::Target portable = gwparam::usable_targets().back();
    gwparam::kernels_of<T>(portable).apply(operation, out.data(), x.data(), y.data(),
                                           nullptr, 1);
    return out[0];
}

template <typename T> T smaller(T a, T b) {
    if (std::isnan(a) || std::isnan(b)) {
        return std::numeric_limits<T>::quiet_NaN();
    }
    return a < b || (a == b && std::signbit(a)) ? a : b;
}

template <typename T> T elementwise(const std::string &op, const std::vector<T> &x) {
    const T a = x[0];
    const T b = x.size() > 1 ? x[1] : T(0);
    const T c = x.size() > 2 ? x[2] : T(0);
    if (op == "neg") {
        return -a;
    } else if (op == "abs") {
        return std::fabs(a);
    } else if (op == "sqrt") {
        return std::sqrt(a);
    } else if (op == "relu") {
        return a < 0 ? T(0) : a;
    } else if (op == "trunc") {
        return std::trunc(a);
    } else if (op == "floor") {
        return std::floor(a);
    } else if (op == "reciprocal") {
        return 1 / a;
    } else if (op == "add") {
        return a + b;
    } else if (op == "sub") {
        return a - b;
    } else if (op == "mul") {
        return a * b;
    } else if (op == "div") {
        return a / b;
    } else if (op == "min") {
        return smaller(a, b);
    } else if (op == "max") {
        return -smaller(-a, -b);
    } else if (op == "lt") {
        return T(a < b);
    } else if (op == "le") {
        return T(a <= b);
    } else if (op == "gt") {
        return T(a > b);
    } else if (op == "ge") {
        return T(a >= b);
    } else if (op == "eq") {
        return T(a == b);
    } else if (op == "ne") {
        return T(a != b);
    } else if (op == "and") {
        return T(a != 0 && b != 0);
    } else if (op == "or") {
        return T(a != 0 || b != 0);
    } else if (op == "select") {
        return a != 0 ? b : c;
    } else if (op == "fma") {
        return std::fma(a, b, c);
    }
    for (const gwparam::OperationName &name : gwparam::operation_names) {
        if (op == name.name) {
            return of_portable(name.operation, a, b);
        }
    }
    std::abort();
}

template <typename T> class ScalarInterpreter {
  public:
    ScalarInterpreter(const nlohmann::json &program, const std::vector<T> &weights)
        : program_(program), weights_(weights) {}

    // The outputs, one after another, of the inputs, one after another.
    std::vector<T> run(const std::vector<T> &inputs) {
        elements_ = inputs;
        for (const auto &instruction : program_["instructions"]) {
            const std::vector<T> made = results(instruction);
            elements_.insert(elements_.end(), made.begin(), made.end());
        }
        std::vector<T> outputs;
        for (const auto &output : program_["outputs"]) {
            const std::vector<T> its = operand(output["from"]);
            outputs.insert(outputs.end(), its.begin(), its.end());
        }
        return outputs;
    }

  private:
    std::vector<T> operand(const nlohmann::json &runs) const {
        std::vector<T> values;
        for (const auto &run : runs) {
            const bool is_weights = run.size() == 4;
            const std::size_t at = is_weights ? 1 : 0;
            long place = run[at];
            for (long i = run[at + 1]; i > 0; --i, place += long(run[at + 2])) {
                values.push_back(
                    (is_weights ? weights_ : elements_)[std::size_t(place)]);
            }
        }
        return values;
    }

    std::vector<T> results(const nlohmann::json &its) const {
        const std::string op = its["op"];
        std::vector<std::vector<T>> x;
        for (const auto &argument : its["args"]) {
            x.push_back(operand(argument));
        }
        if (op == "dense") {
            return dense(its, x[0]);
        }
        if (op == "function") {
            return function(its, x[0]);
        }
        std::vector<T> y;
        if (!its.contains("length")) {
            for (std::size_t i = 0; i < x[0].size(); ++i) {
                std::vector<T> numbers;
                for (const auto &argument : x) {
                    numbers.push_back(argument[i]);
                }
                y.push_back(elementwise(op, numbers));
            }
            return y;
        }
        const std::size_t length = its["length"];
        const std::size_t count = its["count"];
        if (op == "pick") {
            for (std::size_t n = 0; n < count; ++n) {
                T value = std::numeric_limits<T>::quiet_NaN();
                for (std::size_t l = 0; l < length; ++l) {
                    value = x[0][n] == T(l) ? x[1][l * count + n] : value;
                }
                y.push_back(value);
            }
            return y;
        }
        const std::string by = op == "running_max"   ? "max"
                               : op == "running_min" ? "min"
                                                     : "add";
        y.assign(x[0].begin(), x[0].begin() + long(count));
        for (std::size_t i = count; i < length * count; ++i) {
            const T value =
                elementwise<T>(by, {y[op == "sum" ? i % count : i - count], x[0][i]});
            if (op == "sum") {
                y[i % count] = value;
            } else {
                y.push_back(value);
            }
        }
        return y;
    }

    std::vector<T> dense(const nlohmann::json &its, const std::vector<T> &x) const {
        const std::size_t rows = its["rows"];
        const std::size_t inputs = its["inputs"];
        const std::size_t outputs = its["outputs"];
        std::vector<T> y;
        for (std::size_t i = 0; i < outputs * rows; ++i) {
            const std::size_t m = i / rows;
            const std::size_t r = i % rows;
            T sum =
                its.contains("bias") ? weights_[std::size_t(its["bias"]) + m] : T(0);
            for (std::size_t k = 0; k < inputs; ++k) {
                sum = std::fma(weights_[std::size_t(its["weight"]) + m * inputs + k],
                               x[k * rows + r], sum);
            }
            y.push_back(its.value("relu", false) && sum < 0 ? T(0) : sum + T(0));
        }
        return y;
    }

    T weight(const nlohmann::json &place, std::size_t i = 0) const {
        return weights_[std::size_t(place) + i];
    }

    std::vector<T> function(const nlohmann::json &its, const std::vector<T> &x) const {
        const std::size_t rows = its["rows"];
        const std::size_t inputs = its["inputs"];
        std::vector<T> y;
        for (std::size_t r = 0; r < rows; ++r) {
            T sum = weight(its["shift"]);
            for (std::size_t m = 0; m < std::size_t(its["units"]); ++m) {
                T z = weight(its["bias"], m);
                for (std::size_t k = 0; k < inputs; ++k) {
                    z = std::fma(weight(its["weight"], m * inputs + k), x[k * rows + r],
                                 z);
                }
                const bool is_relu = its["activation"] == "relu";
                const T unit = is_relu
                                   ? (z < 0 ? T(0) : z)
                                   : z * of_portable(gwparam::Operation::sigmoid, z, z);
                sum = std::fma(weight(its["sum"], m), unit, sum);
            }
            y.push_back(sum + T(0));
            if (its.contains("table")) {
                tabulated(its["table"], x[r], x[rows + r], y.back());
            }
        }
        return y;
    }

    // The value of a table, where both numbers are inside.
    void tabulated(const nlohmann::json &table, T x0, T x1, T &y) const {
        const T x[] = {x0, x1};
        std::size_t cell[2];
        T t[2];
        for (std::size_t k = 0; k < 2; ++k) {
            const T place =
                (x[k] - weight(table["place"], k)) * weight(table["place"], 2 + k);
            if (!(place >= 0 && place < T(table["counts"][k]))) {
                return;
            }
            cell[k] = std::size_t(place);
            t[k] = place - T(cell[k]) - T(0.5);
        }
        const std::size_t patch =
            16 * (cell[0] * std::size_t(table["counts"][1]) + cell[1]);
        const auto cubic = [](T s, T a, T b, T c, T d) {
            return std::fma(std::fma(std::fma(d, s, c), s, b), s, a);
        };
        T row[4];
        for (std::size_t j = 0; j < 4; ++j) {
            const auto at = [&](std::size_t i) {
                return weight(table["patches"], patch + 4 * i + j);
            };
            row[j] = cubic(t[0], at(0), at(1), at(2), at(3));
        }
        y = cubic(t[1], row[0], row[1], row[2], row[3]);
    }

    const nlohmann::json &program_;
    const std::vector<T> &weights_;
    std::vector<T> elements_;
};

// Whether the bits are the same; those of all NaN are.
template <typename T> bool same_bits(T a, T b) {
    return (std::isnan(a) && std::isnan(b)) || std::memcmp(&a, &b, sizeof a) == 0;
}

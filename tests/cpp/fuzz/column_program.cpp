// A column program: refused by name, or one that runs within its memory and gives the
// same bits on every kind of processor and in passes of any number of columns.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <limits>

#include <nlohmann/json.hpp>

#include "engine/column_program.hpp"
#include "engine/program.hpp"
#include "engine/random_programs.hpp"
#include "engine/targets.hpp"
#include "fuzz.hpp"
#include "gwparam.h"
#include "threads/thread_pool.hpp"

namespace {

constexpr std::int64_t columns = 21;
constexpr std::int64_t cut = 16; // columns of the first of two passes
// Of a column: a program of more would be right, and take seconds here.
constexpr std::int64_t most_work = 1 << 18;

// As many as the text says, so that this is no bar; among them what is no number.
std::string weights_for(const std::string &text) {
    const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
    const nlohmann::json count =
        json.is_object() ? json.value("weights", nlohmann::json()) : nlohmann::json();
    const bool is_double =
        json.is_object() && json.value("dtype", nlohmann::json()) == "float64";
    const std::int64_t numbers =
        count.is_number_integer() ? count.get<std::int64_t>() : 0;
    if (numbers < 0 || numbers > 1 << 16) {
        return {};
    }
    std::mt19937 random(17);
    std::string bytes;
    for (std::int64_t i = 0; i < numbers; ++i) {
        using Limits = std::numeric_limits<double>;
        constexpr double odd[] = {0.0, -0.0, Limits::infinity(), Limits::quiet_NaN(),
                                  1.0, 1e30};
        const double value = random() % 8 == 0 ? odd[random() % std::size(odd)]
                                               : double(random() % 2001) / 500.0 - 2.0;
        const auto single = static_cast<float>(value);
        bytes.append(is_double ? reinterpret_cast<const char *>(&value)
                               : reinterpret_cast<const char *>(&single),
                     is_double ? sizeof value : sizeof single);
    }
    return bytes;
}

// Numbers that a column reads and multiplies.
std::int64_t work_of(const gwparam::Program &program) {
    std::int64_t work = 0;
    for (const gwparam::ProgramInput &input : program.inputs) {
        work += input.size;
    }
    for (const gwparam::Instruction &its : program.instructions) {
        work += its.size + its.rows * its.inputs * its.outputs;
        for (const gwparam::Operand &argument : its.arguments) {
            work += gwparam::size_of(argument);
        }
    }
    for (const gwparam::ProgramOutput &output : program.outputs) {
        work += gwparam::size_of(output.from);
    }
    return work;
}

using Bytes = std::vector<std::byte>;

struct Field {
    std::int64_t size; // numbers of a column
    Bytes bytes;
};

class Columns {
  public:
    explicit Columns(const gwparam::Program &program) : dtype_(program.dtype) {
        std::mt19937 random(29);
        for (const gwparam::ProgramInput &input : program.inputs) {
            inputs_.push_back({input.size, room(input.size)});
            for (std::size_t i = 0; i < std::size_t(input.size * columns); ++i) {
                const double value = double(random() % 2001) / 200.0 - 5.0;
                const auto single = static_cast<float>(value);
                std::byte *to = inputs_.back().bytes.data() + i * width();
                if (width() == sizeof value) {
                    std::memcpy(to, &value, sizeof value);
                } else {
                    std::memcpy(to, &single, sizeof single);
                }
            }
        }
        for (const gwparam::ProgramOutput &output : program.outputs) {
            const std::int64_t size = gwparam::size_of(output.from);
            outputs_.push_back({size, room(size)});
        }
    }

    // What passes of these columns give.
    std::vector<Bytes> results(gwparam::Backend &backend,
                               const std::vector<std::int64_t> &firsts) {
        for (Field &output : outputs_) {
            std::fill(output.bytes.begin(), output.bytes.end(), std::byte{0x5a});
        }
        for (std::size_t i = 0; i < firsts.size(); ++i) {
            const std::int64_t end = i + 1 < firsts.size() ? firsts[i + 1] : columns;
            gwparam::Pass pass;
            for (const Field &input : inputs_) {
                pass.inputs.push_back({input.bytes.data() + at(input, firsts[i]),
                                       dtype_,
                                       {end - firsts[i], input.size}});
            }
            for (Field &output : outputs_) {
                pass.outputs.push_back({output.bytes.data() + at(output, firsts[i]),
                                        dtype_,
                                        {end - firsts[i], output.size}});
            }
            backend.forward({pass});
        }
        std::vector<Bytes> all;
        for (Field &output : outputs_) {
            if (dtype_ == gwparam::Dtype::float32) {
                make_one_nan<float>(output.bytes);
            } else {
                make_one_nan<double>(output.bytes);
            }
            all.push_back(output.bytes);
        }
        return all;
    }

  private:
    // Which of those that are none is not defined.
    template <typename T> static void make_one_nan(Bytes &bytes) {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(T)) {
            T value;
            std::memcpy(&value, bytes.data() + at, sizeof value);
            value = std::isnan(value) ? std::numeric_limits<T>::quiet_NaN() : value;
            std::memcpy(bytes.data() + at, &value, sizeof value);
        }
    }

    std::size_t width() const { return gwparam::size_of(dtype_); }
    Bytes room(std::int64_t size) const {
        return Bytes(std::size_t(size * columns) * width());
    }
    std::size_t at(const Field &field, std::int64_t column) const {
        return std::size_t(field.size * column) * width();
    }

    gwparam::Dtype dtype_;
    std::vector<Field> inputs_;
    std::vector<Field> outputs_;
};

void run(const std::string &text, const std::string &weights,
         const gwparam::Program &program) {
    static gwparam::ThreadPool pool(1);
    Columns fields(program);
    std::vector<Bytes> expected;
    for (const gwparam::Target &target : gwparam::usable_targets()) {
        const auto backend = gwparam::column_program(text, weights, pool, target);
        for (const auto &firsts : {std::vector<std::int64_t>{0}, {0, cut}}) {
            const std::vector<Bytes> found = fields.results(*backend, firsts);
            if (expected.empty()) {
                expected = found;
            }
            if (found != expected) {
                std::cerr << "fuzz: other bits on " << target.name << "\n";
                std::abort();
            }
        }
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string text(data, data + size);
    const std::string weights = weights_for(text);
    gwparam::Program program;
    if (accepts({GWPARAM_ERR_CONTRACT},
                [&] { program = gwparam::read_program(text, weights.size()); }) &&
        work_of(program) <= most_work) {
        accepts({}, [&] { run(text, weights, program); });
    }
    return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                    std::size_t max_size, unsigned seed) {
    std::mt19937 random(seed);
    if (size == 0) {
        const bool is_single = random() % 2 == 0;
        const int instructions = 1 + int(random() % 12);
        const std::string text =
            RandomProgram(seed)
                .make(is_single ? "float32" : "float64", instructions, 2000)
                .dump();
        return place_input(text, data, max_size);
    }
    return mutate_json(data, size, max_size, random);
}

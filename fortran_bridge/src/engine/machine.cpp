#include "engine/machine.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace gwparam {

namespace {

// Three vectors of the widest kind, or more of others, so that the last tile of a call
// alone has a rest. Fewer where a tile would not stay in the cache of a core [bytes].
constexpr std::int64_t widest_tile = 48;
constexpr std::int64_t narrowest_tile = 16;
constexpr std::int64_t cache_bytes = 1 << 19;

// Numbers of an argument that are gathered at a time.
constexpr std::int64_t chunk_numbers = 1024;

std::int64_t columns_of_tile(std::int64_t slots, std::size_t bytes) {
    const std::int64_t fitting = cache_bytes / (slots * std::int64_t(bytes));
    return std::clamp(fitting / narrowest_tile * narrowest_tile, narrowest_tile,
                      widest_tile);
}

std::int64_t blocks_of(const Instruction &dense) {
    return (dense.outputs + dense_block - 1) / dense_block;
}

std::int64_t packed_numbers(const Program &program) {
    std::int64_t count = 0;
    for (const Instruction &its : program.instructions) {
        if (its.operation == Operation::dense) {
            count += blocks_of(its) * (its.inputs + 1) * dense_block;
        }
    }
    return count;
}

} // namespace

template <typename T> class Machine<T>::Reader {
  public:
    Reader(const Operand &operand, const T *tile, const T *weights,
           std::int64_t columns)
        : run_(operand.data()), tile_(tile), weights_(weights), columns_(columns) {}

    void read(std::int64_t count, T *to) {
        while (count > 0) {
            const std::int64_t part = std::min(count, run_->count - taken_);
            const std::int64_t start = run_->start + taken_ * run_->step;
            if (run_->is_weights) {
                for (std::int64_t i = 0; i < part; ++i) {
                    std::fill_n(to + i * columns_, columns_,
                                weights_[start + i * run_->step]);
                }
            } else if (run_->step == 1) {
                std::memcpy(to, tile_ + start * columns_, bytes(part));
            } else {
                for (std::int64_t i = 0; i < part; ++i) {
                    std::memcpy(to + i * columns_,
                                tile_ + (start + i * run_->step) * columns_, bytes(1));
                }
            }
            to += part * columns_;
            count -= part;
            taken_ += part;
            if (taken_ == run_->count) {
                ++run_;
                taken_ = 0;
            }
        }
    }

  private:
    std::size_t bytes(std::int64_t count) const {
        return static_cast<std::size_t>(count * columns_) * sizeof(T);
    }

    const Run *run_;
    std::int64_t taken_ = 0; // of the run
    const T *tile_;
    const T *weights_;
    std::int64_t columns_;
};

template <typename T>
Machine<T>::Memory::Memory(const Machine &machine)
    : tile(static_cast<std::size_t>(machine.plan_.slots * machine.tile_columns_)),
      gathered(static_cast<std::size_t>(std::max(
          3 * chunk_numbers, machine.plan_.gathered * machine.tile_columns_))) {
    std::int64_t most = 0;
    for (const DenseLayer<T> &layer : machine.layers_) {
        most = std::max(most, layer.inputs);
    }
    used.resize(static_cast<std::size_t>(most));
}

template <typename T>
Machine<T>::Machine(const Program &program, const std::string &weights,
                    const Target &target)
    : plan_(plan_of(program)), weights_(static_cast<std::size_t>(program.weights)),
      packed_(static_cast<std::size_t>(packed_numbers(program))),
      kernels_(kernels_of<T>(target)),
      tile_columns_(columns_of_tile(plan_.slots, sizeof(T))) {
    std::memcpy(weights_.data(), weights.data(), weights.size());
    for (const ProgramInput &input : program.inputs) {
        input_sizes_.push_back(input.size);
    }
    for (const ProgramOutput &output : program.outputs) {
        output_sizes_.push_back(size_of(output.from));
    }
    pack(program);
    const auto has_table = [](const Instruction &its) { return its.table.has_value(); };
    tables_.reserve(static_cast<std::size_t>(std::count_if( // functions point to them
        program.instructions.begin(), program.instructions.end(), has_table)));
    for (const Instruction &its : program.instructions) {
        if (its.operation == Operation::function) {
            add_function(its);
        }
    }
}

template <typename T> void Machine<T>::add_function(const Instruction &its) {
    const T *weights = weights_.data();
    const FunctionTable *table = nullptr;
    if constexpr (std::is_same_v<T, float>) {
        if (its.table) {
            FunctionTable values{};
            for (std::size_t k = 0; k < 2; ++k) {
                values.first[k] = weights[its.table->place + std::int64_t(k)];
                values.scale[k] = weights[its.table->place + 2 + std::int64_t(k)];
                values.counts[k] = static_cast<std::int32_t>(its.table->counts[k]);
            }
            values.patches = weights + its.table->patches;
            table = &tables_.emplace_back(values);
        }
    }
    functions_.push_back({its.inputs, its.outputs, its.activation, weights + its.weight,
                          weights + its.bias, weights + its.sum, weights[its.shift],
                          table});
}

template <typename T> void Machine<T>::pack(const Program &program) {
    T *to = packed_.data();
    for (const Instruction &its : program.instructions) {
        if (its.operation != Operation::dense) {
            continue;
        }
        const std::int64_t blocks = blocks_of(its);
        T *bias = to + blocks * its.inputs * dense_block;
        for (std::int64_t m = 0; m < its.outputs; ++m) {
            const std::int64_t block = m / dense_block;
            const std::int64_t lane = m % dense_block;
            for (std::int64_t k = 0; k < its.inputs; ++k) {
                to[(block * its.inputs + k) * dense_block + lane] =
                    weights_.data()[its.weight + m * its.inputs + k];
            }
            bias[m] = its.bias >= 0 ? weights_.data()[its.bias + m] : T(0);
        }
        const T *weights = weights_.data() + its.weight;
        const bool is_finite =
            std::all_of(weights, weights + its.outputs * its.inputs,
                        [](T weight) { return std::isfinite(weight); });
        layers_.push_back({its.inputs, its.outputs, to, bias, its.relu, is_finite});
        to = bias + blocks * dense_block;
    }
}

template <typename T>
void Machine<T>::run(Memory &memory, const std::vector<const T *> &inputs,
                     const std::vector<T *> &outputs, std::int64_t first,
                     std::int64_t columns) const {
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const std::int64_t size = input_sizes_[i];
        T *to = memory.tile.data() + plan_.inputs[i] * columns;
        for (std::int64_t column = 0; column < columns; ++column) {
            const T *from = inputs[i] + (first + column) * size;
            for (std::int64_t element = 0; element < size; ++element) {
                to[element * columns + column] = from[element];
            }
        }
    }
    for (const PlannedStep &next : plan_.steps) {
        step(next, memory, columns);
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const std::int64_t size = output_sizes_[i];
        std::int64_t element = 0;
        for (const Run &run : plan_.outputs[i]) {
            for (std::int64_t k = 0; k < run.count; ++k, ++element) {
                const std::int64_t at = run.start + k * run.step;
                for (std::int64_t column = 0; column < columns; ++column) {
                    outputs[i][(first + column) * size + element] =
                        run.is_weights ? weights_.data()[at]
                                       : memory.tile.data()[at * columns + column];
                }
            }
        }
    }
}

template <typename T>
void Machine<T>::step(const PlannedStep &step, Memory &memory,
                      std::int64_t columns) const {
    const Instruction &its = step.instruction;
    if (is_elementwise(its.operation)) {
        elementwise(step, memory, columns);
        return;
    }
    T *free = memory.gathered.data();
    T *y = memory.tile.data() + step.slot * columns;
    const T *x = argument(its.arguments[0], memory, columns, free);
    if (its.operation == Operation::function) {
        kernels_.small_function(functions_[step.among], x, y, its.rows * columns);
    } else if (its.operation == Operation::dense) {
        kernels_.dense(layers_[step.among], x, y, its.rows * columns,
                       memory.used.data());
    } else if (its.operation == Operation::pick) {
        const T *values = argument(its.arguments[1], memory, columns, free);
        const std::int64_t lanes = its.count * columns;
        for (std::int64_t i = 0; i < lanes; ++i) {
            const bool is_inside = x[i] >= T(0) && x[i] < T(its.length);
            const std::int64_t at = is_inside ? static_cast<std::int64_t>(x[i]) : 0;
            y[i] = is_inside && T(at) == x[i] ? values[at * lanes + i]
                                              : std::numeric_limits<T>::quiet_NaN();
        }
    } else {
        along(step, x, y, columns);
    }
}

template <typename T>
void Machine<T>::elementwise(const PlannedStep &step, Memory &memory,
                             std::int64_t columns) const {
    const std::vector<Operand> &operands = step.instruction.arguments;
    T *tile = memory.tile.data();
    const T *arguments[3] = {nullptr, nullptr, nullptr};
    bool all_in_place = true;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (in_a_row(operands[i])) {
            arguments[i] = tile + operands[i].front().start * columns;
        } else {
            all_in_place = false;
        }
    }
    T *y = tile + step.slot * columns;
    const std::int64_t size = step.instruction.size;
    if (all_in_place) {
        kernels_.apply(step.instruction.operation, y, arguments[0], arguments[1],
                       arguments[2], static_cast<std::size_t>(size * columns));
        return;
    }
    const Operand none;
    const auto reader = [&](std::size_t i) {
        return Reader(i < operands.size() ? operands[i] : none, tile, weights_.data(),
                      columns);
    };
    Reader readers[3] = {reader(0), reader(1), reader(2)};
    const std::int64_t chunk = chunk_numbers / columns;
    for (std::int64_t first = 0; first < size; first += chunk) {
        const std::int64_t count = std::min(chunk, size - first);
        const T *its[3] = {nullptr, nullptr, nullptr};
        for (std::size_t i = 0; i < operands.size(); ++i) {
            if (arguments[i] != nullptr) {
                its[i] = arguments[i] + first * columns;
                continue;
            }
            T *to = memory.gathered.data() + std::int64_t(i) * chunk_numbers;
            readers[i].read(count, to);
            its[i] = to;
        }
        kernels_.apply(step.instruction.operation, y + first * columns, its[0], its[1],
                       its[2], static_cast<std::size_t>(count * columns));
    }
}

template <typename T>
void Machine<T>::along(const PlannedStep &step, const T *x, T *y,
                       std::int64_t columns) const {
    const Instruction &its = step.instruction;
    const std::int64_t lanes = its.count * columns;
    const auto lanes_size = static_cast<std::size_t>(lanes);
    const Operation operation = its.operation == Operation::running_max ? Operation::max
                                : its.operation == Operation::running_min
                                    ? Operation::min
                                    : Operation::add;
    const std::int64_t move = its.operation == Operation::sum ? 0 : lanes;
    std::memcpy(y, x, lanes_size * sizeof(T));
    for (std::int64_t l = 1; l < its.length; ++l) {
        kernels_.apply(operation, y + move, y, x + l * lanes, nullptr, lanes_size);
        y += move;
    }
}

// The elements side by side, which are in place or taken to `free`.
template <typename T>
const T *Machine<T>::argument(const Operand &operand, Memory &memory,
                              std::int64_t columns, T *&free) const {
    if (in_a_row(operand)) {
        return memory.tile.data() + operand.front().start * columns;
    }
    T *to = free;
    const std::int64_t size = size_of(operand);
    Reader(operand, memory.tile.data(), weights_.data(), columns).read(size, to);
    free += size * columns;
    return to;
}

template class Machine<float>;
template class Machine<double>;

} // namespace gwparam

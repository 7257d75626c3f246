// Runs a program on tiles of columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/aligned_array.hpp"
#include "engine/kernels.hpp"
#include "engine/plan.hpp"
#include "engine/program.hpp"

namespace gwparam {

template <typename T> class Machine {
  public:
    // `weights` are the bytes of column_weights.bin, as many as the program has.
    Machine(const Program &program, const std::string &weights, const Target &target);

    // Columns of one tile, at most.
    std::int64_t tile_columns() const { return tile_columns_; }

    // What one thread computes in.
    class Memory {
      private:
        friend class Machine;
        explicit Memory(const Machine &machine);

        AlignedArray<T> tile;           // (slots, columns)
        AlignedArray<T> gathered;       // arguments that were in another order
        std::vector<std::int32_t> used; // inputs of a dense layer that are not zero
    };
    Memory memory() const { return Memory(*this); }

    // Columns `first` on of fields (columns, size). Allocates nothing.
    void run(Memory &memory, const std::vector<const T *> &inputs,
             const std::vector<T *> &outputs, std::int64_t first,
             std::int64_t columns) const;

  private:
    // Elements of an operand, taken one after another.
    class Reader;

    void pack(const Program &program);
    void add_function(const Instruction &its);
    void step(const PlannedStep &step, Memory &memory, std::int64_t columns) const;
    void elementwise(const PlannedStep &step, Memory &memory,
                     std::int64_t columns) const;
    void along(const PlannedStep &step, const T *x, T *y, std::int64_t columns) const;
    const T *argument(const Operand &operand, Memory &memory, std::int64_t columns,
                      T *&free) const;

    ProgramPlan plan_;
    std::vector<std::int64_t> input_sizes_;
    std::vector<std::int64_t> output_sizes_;
    AlignedArray<T> weights_;
    AlignedArray<T> packed_;            // weights and biases of dense layers
    std::vector<DenseLayer<T>> layers_; // in the order of the steps
    std::vector<SmallFunction<T>> functions_;
    std::vector<FunctionTable> tables_;
    const Kernels<T> &kernels_;
    std::int64_t tile_columns_;
};

extern template class Machine<float>;
extern template class Machine<double>;

} // namespace gwparam

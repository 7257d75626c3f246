// The arithmetic of column programs, compiled once for each kind of processor.
//
// All give the same bits: each number of a result is computed alone, by the same IEEE
// operations in the same order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/operation.hpp"

namespace gwparam {

// Outputs of a dense layer that are packed side by side.
constexpr std::int64_t dense_block = 16;

// What arrays must have behind their end, which vectors may read [bytes].
constexpr std::size_t vector_bytes = 64;

template <typename T> struct DenseLayer {
    std::int64_t inputs;
    std::int64_t outputs;
    const T *weights; // (blocks, inputs, dense_block), aligned, zero beyond the outputs
    const T *bias;    // (blocks, dense_block)
    bool relu;
    bool is_finite; // all weights are
};

// Values of a function of two numbers, in cells on a regular grid.
struct FunctionTable {
    float first[2];         // where the cells begin
    float scale[2];         // cells in a unit
    std::int32_t counts[2]; // of cells
    const float *patches;   // (counts[0], counts[1], 4, 4) coefficients
};

template <typename T> struct SmallFunction {
    std::int64_t inputs; // 1 to most_function_inputs
    std::int64_t units;
    Activation activation;
    const T *weights; // (units, inputs)
    const T *bias;    // (units)
    const T *sum;     // (units)
    T shift;
    const FunctionTable *table; // null without one; of float32 and two inputs
};

template <typename T> struct Kernels {
    // An elementwise operation on `count` numbers; arguments that it lacks are null.
    void (*apply)(Operation operation, T *out, const T *a, const T *b, const T *c,
                  std::size_t count);

    // y (outputs, lanes) of x (inputs, lanes); `used` has room for as many as inputs.
    void (*dense)(const DenseLayer<T> &layer, const T *x, T *y, std::int64_t lanes,
                  std::int32_t *used);

    // y (lanes) of x (inputs, lanes).
    void (*small_function)(const SmallFunction<T> &function, const T *x, T *y,
                           std::int64_t lanes);

    // Nothing but fused multiply-adds from registers, `count` or a few more in all,
    // which it returns: what the processor can do at most. Their result is 2.
    std::int64_t (*multiply_add)(std::int64_t count, T *result);
};

struct DragKernel;

struct Target {
    const char *name;
    bool (*is_supported)();
    bool lacks_fma; // every fused multiply-add is a call: right, but slow
    const Kernels<float> *float32;
    const Kernels<double> *float64;
    const DragKernel *drag; // of native/
};

template <typename T> const Kernels<T> &kernels_of(const Target &target);
template <> inline const Kernels<float> &kernels_of<float>(const Target &target) {
    return *target.float32;
}
template <> inline const Kernels<double> &kernels_of<double>(const Target &target) {
    return *target.float64;
}

} // namespace gwparam

// A function of a few numbers: a rectified layer, and of its results one sum.
//
// The bits are those of both layers one after the other (dense.hpp), but what is
// between them stays in registers: for each number of the result there are dozens of
// those.
#pragma once

#include "engine/dense.hpp"
#include "engine/kernels.hpp"
#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

// Sums that do not wait for each other; AVX2 has registers for no more.
#if defined(GWPARAM_ENGINE_AVX512) || defined(GWPARAM_ENGINE_NEON)
constexpr int most_vectors = 4;
#else
constexpr int most_vectors = 2;
#endif

// So many vectors of lanes, of which the last one may have fewer lanes.
template <typename T, int inputs, int vectors>
inline void function_of_lanes(const DenseLayer<T> &hidden, const DenseLayer<T> &sum,
                              const T *x, T *y, std::int64_t stride,
                              std::int64_t lanes) {
    constexpr std::int64_t width = lanes_of<T>;
    Vector<T> its[inputs][vectors];
    Vector<T> sums[vectors];
    for (int v = 0; v < vectors; ++v) {
        for (int k = 0; k < inputs; ++k) {
            its[k][v] = load(x + k * stride + v * width);
        }
        sums[v] = broadcast(sum.bias[0]);
    }
    for (std::int64_t m = 0; m < hidden.outputs; ++m) {
        const std::int64_t block = m / dense_block;
        const T *weights =
            hidden.weights + block * inputs * dense_block + m % dense_block;
        Vector<T> units[vectors];
        for (int v = 0; v < vectors; ++v) {
            units[v] = broadcast(hidden.bias[m]);
        }
        for (int k = 0; k < inputs; ++k) {
            const Vector<T> weight = broadcast(weights[k * dense_block]);
            for (int v = 0; v < vectors; ++v) {
                units[v] = fma(weight, its[k][v], units[v]);
            }
        }
        const Vector<T> weight = broadcast(sum.weights[m * dense_block]);
        for (int v = 0; v < vectors; ++v) {
            sums[v] = fma(weight, rectified<T>(units[v]), sums[v]);
        }
    }
    for (int v = 0; v < vectors; ++v) {
        const Vector<T> result = result_of(sum, sums[v]);
        if (lanes - v * width < width) {
            store_some(y + v * width, result, lanes - v * width);
        } else {
            store(y + v * width, result);
        }
    }
}

template <typename T, int inputs>
inline void function_of(const DenseLayer<T> &hidden, const DenseLayer<T> &sum,
                        const T *x, T *y, std::int64_t lanes) {
    constexpr std::int64_t width = lanes_of<T>;
    std::int64_t at = 0;
    for (; lanes - at >= most_vectors * width; at += most_vectors * width) {
        function_of_lanes<T, inputs, most_vectors>(hidden, sum, x + at, y + at, lanes,
                                                   lanes - at);
    }
    for (; at < lanes; at += width) {
        function_of_lanes<T, inputs, 1>(hidden, sum, x + at, y + at, lanes, lanes - at);
    }
}

// `hidden` has 1 to most_function_inputs inputs, `sum` one output.
template <typename T>
void small_function(const DenseLayer<T> &hidden, const DenseLayer<T> &sum, const T *x,
                    T *y, std::int64_t lanes) {
    static_assert(most_function_inputs == 4);
    switch (hidden.inputs) {
    case 1:
        return function_of<T, 1>(hidden, sum, x, y, lanes);
    case 2:
        return function_of<T, 2>(hidden, sum, x, y, lanes);
    case 3:
        return function_of<T, 3>(hidden, sum, x, y, lanes);
    default:
        return function_of<T, 4>(hidden, sum, x, y, lanes);
    }
}

} // namespace gwparam::GWPARAM_ENGINE

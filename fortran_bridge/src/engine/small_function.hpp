// A function of a few numbers: of each of its units a value, and of those one sum.
//
// z[m] = bias[m], then z[m] = fma(W[m][k], x[k], z[m]) for k from the first on; y =
// shift, then y = fma(sum[m], activation(z[m]), y) for m from the first on; at last y
// + 0. What is between x and y stays in registers: for each number of the result there
// are dozens of those. With a table, y is what table.hpp says where x lies inside.
#pragma once

#include "engine/functions.hpp"
#include "engine/kernels.hpp"
#include "engine/table.hpp"
#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

// Sums that do not wait for each other; AVX2 has registers for no more.
#if defined(GWPARAM_ENGINE_AVX512) || defined(GWPARAM_ENGINE_NEON)
constexpr int most_vectors = 4;
#else
constexpr int most_vectors = 2;
#endif

struct Relu {
    template <typename T> static Vector<T> of(Vector<T> z) {
        return z < T(0) ? Vector<T>{} : z;
    }
};

struct Silu {
    template <typename T> static Vector<T> of(Vector<T> z) { return z * sigmoid<T>(z); }
};

// So many vectors of lanes.
template <typename T, typename Activation, int inputs, int vectors>
inline void function_of_vectors(const SmallFunction<T> &function, const T *x,
                                Vector<T> (&sums)[vectors], std::int64_t stride) {
    Vector<T> its[inputs][vectors];
    for (int v = 0; v < vectors; ++v) {
        for (int k = 0; k < inputs; ++k) {
            its[k][v] = load(x + k * stride + v * lanes_of<T>);
        }
        sums[v] = broadcast(function.shift);
    }
    for (std::int64_t m = 0; m < function.units; ++m) {
        Vector<T> units[vectors];
        for (int v = 0; v < vectors; ++v) {
            units[v] = broadcast(function.bias[m]);
        }
        for (int k = 0; k < inputs; ++k) {
            const Vector<T> weight = broadcast(function.weights[m * inputs + k]);
            for (int v = 0; v < vectors; ++v) {
                units[v] = fma(weight, its[k][v], units[v]);
            }
        }
        const Vector<T> weight = broadcast(function.sum[m]);
        for (int v = 0; v < vectors; ++v) {
            sums[v] = fma(weight, Activation::template of<T>(units[v]), sums[v]);
        }
    }
    for (int v = 0; v < vectors; ++v) {
        sums[v] = sums[v] + T(0);
    }
}

template <typename T> inline void store_lanes(T *to, Vector<T> y, std::int64_t lanes) {
    if (lanes < lanes_of<T>) {
        store_some(to, y, lanes);
    } else {
        store(to, y);
    }
}

template <typename T, typename Activation, int inputs>
inline void function_of(const SmallFunction<T> &function, const T *x, T *y,
                        std::int64_t lanes) {
    constexpr std::int64_t width = lanes_of<T>;
    std::int64_t at = 0;
    for (; lanes - at >= most_vectors * width; at += most_vectors * width) {
        Vector<T> results[most_vectors];
        function_of_vectors<T, Activation, inputs>(function, x + at, results, lanes);
        for (int v = 0; v < most_vectors; ++v) {
            store(y + at + v * width, results[v]);
        }
    }
    for (; at < lanes; at += width) {
        Vector<T> results[1];
        function_of_vectors<T, Activation, inputs>(function, x + at, results, lanes);
        store_lanes(y + at, results[0], lanes - at);
    }
}

// Only a vector with a lane outside of the table takes the long way.
template <typename Activation>
inline void function_by_table(const SmallFunction<float> &function, const float *x,
                              float *y, std::int64_t lanes) {
    constexpr std::int64_t width = lanes_of<float>;
    for (std::int64_t at = 0; at < lanes; at += width) {
        Floats result{};
        const Ints outside =
            table_of_lanes(*function.table, x + at, lanes, lanes - at, result);
        if (any(outside)) {
            Floats results[1];
            function_of_vectors<float, Activation, 2>(function, x + at, results, lanes);
            result = outside != 0 ? results[0] : result;
        }
        store_lanes(y + at, result, lanes - at);
    }
}

template <typename T, typename Activation>
inline void function_of_inputs(const SmallFunction<T> &function, const T *x, T *y,
                               std::int64_t lanes) {
    if constexpr (sizeof(T) == sizeof(float)) {
        if (function.table != nullptr) {
            return function_by_table<Activation>(function, x, y, lanes);
        }
    }
    static_assert(most_function_inputs == 4);
    switch (function.inputs) {
    case 1:
        return function_of<T, Activation, 1>(function, x, y, lanes);
    case 2:
        return function_of<T, Activation, 2>(function, x, y, lanes);
    case 3:
        return function_of<T, Activation, 3>(function, x, y, lanes);
    default:
        return function_of<T, Activation, 4>(function, x, y, lanes);
    }
}

template <typename T>
void small_function(const SmallFunction<T> &function, const T *x, T *y,
                    std::int64_t lanes) {
    if (function.activation == Activation::relu) {
        function_of_inputs<T, Relu>(function, x, y, lanes);
    } else {
        function_of_inputs<T, Silu>(function, x, y, lanes);
    }
}

} // namespace gwparam::GWPARAM_ENGINE

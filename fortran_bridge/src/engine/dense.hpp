// Dense layers: y[m] = b[m], then y[m] = fma(W[m][k], x[k], y[m]) for k from the first
// on, whatever stands in the lanes of a vector.
#pragma once

#include "engine/kernels.hpp"
#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

// What fits into the registers beside the operands: 32 of them, or 16.
#if defined(GWPARAM_ENGINE_AVX512) || defined(GWPARAM_ENGINE_NEON)
constexpr int outputs_with_few_vectors = 8;
constexpr int outputs_with_three_vectors = 8;
constexpr std::int64_t most_columns = 4;
#else
constexpr int outputs_with_few_vectors = 4;
constexpr int outputs_with_three_vectors = 4;
constexpr std::int64_t most_columns = 2;
#endif

// A number that is known when this is compiled.
template <int size> struct Size {
    constexpr operator int() const { return size; }
};

template <typename T> inline Vector<T> rectified(Vector<T> y) {
    return y < T(0) ? Vector<T>{} : y;
}

// `outputs` rows of y in so many vectors of lanes, the last of them with `last` ones.
template <typename T, int outputs, int vectors>
inline void tile_of_lanes(const DenseLayer<T> &layer, const T *weights, const T *bias,
                          const T *x, T *y, std::int64_t lanes, std::int64_t last) {
    constexpr std::int64_t width = lanes_of<T>;
    Vector<T> sums[outputs][vectors];
    for (int m = 0; m < outputs; ++m) {
        for (int v = 0; v < vectors; ++v) {
            sums[m][v] = broadcast(bias[m]);
        }
    }
    for (std::int64_t k = 0; k < layer.inputs; ++k) {
        Vector<T> row[vectors];
        for (int v = 0; v < vectors; ++v) {
            row[v] = load(x + k * lanes + v * width);
        }
        for (int m = 0; m < outputs; ++m) {
            const Vector<T> weight = broadcast(weights[k * dense_block + m]);
            for (int v = 0; v < vectors; ++v) {
                sums[m][v] = fma(weight, row[v], sums[m][v]);
            }
        }
    }
    for (int m = 0; m < outputs; ++m) {
        for (int v = 0; v < vectors; ++v) {
            const Vector<T> sum = layer.relu ? rectified<T>(sums[m][v]) : sums[m][v];
            T *to = y + m * lanes + v * width;
            if (v == vectors - 1 && last < width) {
                store_some(to, sum, last);
            } else {
                store(to, sum);
            }
        }
    }
}

template <typename T, int outputs, int vectors>
inline void block_of_lanes(const DenseLayer<T> &layer, std::int64_t block, const T *x,
                           T *y, std::int64_t lanes, std::int64_t last) {
    const T *weights = layer.weights + block * layer.inputs * dense_block;
    const T *bias = layer.bias + block * dense_block;
    const std::int64_t rows = layer.outputs - block * dense_block;
    y += block * dense_block * lanes;
    std::int64_t m = 0;
    const auto tiles = [&](auto size) {
        for (; m + size <= dense_block && m + size <= rows; m += size) {
            tile_of_lanes<T, size, vectors>(layer, weights + m, bias + m, x,
                                            y + m * lanes, lanes, last);
        }
    };
    tiles(Size<outputs>{});
    if constexpr (outputs > 4) {
        tiles(Size<4>{});
    }
    tiles(Size<2>{});
    tiles(Size<1>{});
}

// Lanes are columns.
template <typename T>
inline void dense_over_lanes(const DenseLayer<T> &layer, const T *x, T *y,
                             std::int64_t lanes) {
    constexpr std::int64_t width = lanes_of<T>;
    const std::int64_t blocks = (layer.outputs + dense_block - 1) / dense_block;
    for (std::int64_t block = 0; block < blocks; ++block) {
        std::int64_t at = 0;
        for (; lanes - at > 2 * width; at += 3 * width) {
            const std::int64_t last = lanes - at - 2 * width;
            block_of_lanes<T, outputs_with_three_vectors, 3>(layer, block, x + at,
                                                             y + at, lanes, last);
        }
        if (lanes - at > width) {
            block_of_lanes<T, outputs_with_few_vectors, 2>(layer, block, x + at, y + at,
                                                           lanes, lanes - at - width);
        } else if (lanes - at > 0) {
            block_of_lanes<T, outputs_with_few_vectors, 1>(layer, block, x + at, y + at,
                                                           lanes, lanes - at);
        }
    }
}

// Lanes are outputs, of so many blocks and columns.
template <typename T, int blocks, int columns>
inline void tile_of_outputs(const DenseLayer<T> &layer, std::int64_t block, const T *x,
                            T *y, std::int64_t lanes) {
    constexpr int width = lanes_of<T>;
    constexpr int vectors = dense_block / width;
    const std::int64_t block_size = layer.inputs * dense_block;
    const T *weights = layer.weights + block * block_size;
    Vector<T> sums[blocks][vectors][columns];
    for (int b = 0; b < blocks; ++b) {
        for (int v = 0; v < vectors; ++v) {
            for (int c = 0; c < columns; ++c) {
                sums[b][v][c] =
                    load(layer.bias + (block + b) * dense_block + v * width);
            }
        }
    }
    for (std::int64_t k = 0; k < layer.inputs; ++k) {
        Vector<T> its[columns];
        for (int c = 0; c < columns; ++c) {
            its[c] = broadcast(x[k * lanes + c]);
        }
        for (int b = 0; b < blocks; ++b) {
            for (int v = 0; v < vectors; ++v) {
                const Vector<T> weight =
                    load(weights + b * block_size + k * dense_block + v * width);
                for (int c = 0; c < columns; ++c) {
                    sums[b][v][c] = fma(weight, its[c], sums[b][v][c]);
                }
            }
        }
    }
    for (int b = 0; b < blocks; ++b) {
        for (int c = 0; c < columns; ++c) {
            T results[dense_block];
            for (int v = 0; v < vectors; ++v) {
                const Vector<T> sum = sums[b][v][c];
                store(results + v * width, layer.relu ? rectified<T>(sum) : sum);
            }
            const std::int64_t first = (block + b) * dense_block;
            for (std::int64_t m = 0; m < dense_block && first + m < layer.outputs;
                 ++m) {
                y[(first + m) * lanes + c] = results[m];
            }
        }
    }
}

template <typename T, int columns>
inline void outputs_of_columns(const DenseLayer<T> &layer, const T *x, T *y,
                               std::int64_t lanes) {
    // As many as keep four sums under way: each waits for the one before it.
    constexpr std::int64_t vectors = dense_block / lanes_of<T>;
    constexpr int together = vectors >= 4 ? 1 : 4 / vectors;
    const std::int64_t blocks = (layer.outputs + dense_block - 1) / dense_block;
    std::int64_t block = 0;
    for (; block + together <= blocks; block += together) {
        tile_of_outputs<T, together, columns>(layer, block, x, y, lanes);
    }
    for (; block < blocks; ++block) {
        tile_of_outputs<T, 1, columns>(layer, block, x, y, lanes);
    }
}

template <typename T>
inline void dense_over_outputs(const DenseLayer<T> &layer, const T *x, T *y,
                               std::int64_t lanes) {
    std::int64_t at = 0;
    for (; at + most_columns <= lanes; at += most_columns) {
        outputs_of_columns<T, most_columns>(layer, x + at, y + at, lanes);
    }
    for (; at < lanes; ++at) {
        outputs_of_columns<T, 1>(layer, x + at, y + at, lanes);
    }
}

template <typename T>
void dense(const DenseLayer<T> &layer, const T *x, T *y, std::int64_t lanes) {
    if (lanes < lanes_of<T>) {
        dense_over_outputs(layer, x, y, lanes);
    } else {
        dense_over_lanes(layer, x, y, lanes);
    }
}

} // namespace gwparam::GWPARAM_ENGINE

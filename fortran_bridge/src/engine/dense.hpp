// Dense layers: y[m] = b[m], then y[m] = fma(W[m][k], x[k], y[m]) for k from the first
// on, then y[m] + 0, whatever stands in the lanes of a vector.
#pragma once

#include "engine/kernels.hpp"
#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

// Outputs and vectors of lanes of a register tile: what fits into the 32 or 16
// registers beside the operands. The fewer lanes, the more inputs are zero in all of
// them. Where lanes are few, columns of a tile and vectors of sums.
#if defined(GWPARAM_ENGINE_AVX512)
constexpr int tile_outputs = 16;
constexpr int tile_vectors = 1;
constexpr int most_columns = 4;
constexpr int most_sums = 16;
#elif defined(GWPARAM_ENGINE_NEON)
constexpr int tile_outputs = 8;
constexpr int tile_vectors = 2;
constexpr int most_columns = 4;
constexpr int most_sums = 16;
#else
constexpr int tile_outputs = 4;
constexpr int tile_vectors = 2;
constexpr int most_columns = 2;
constexpr int most_sums = 8;
#endif

// A number that is known when this is compiled.
template <int size> struct Size {
    constexpr operator int() const { return size; }
};

template <typename T> inline Vector<T> rectified(Vector<T> y) {
    return y < T(0) ? Vector<T>{} : y;
}

// What a layer gives of a sum; + 0 makes +0 of -0, so that its sign does not tell
// whether products that are zero were added.
template <typename T>
inline Vector<T> result_of(const DenseLayer<T> &layer, Vector<T> sum) {
    sum = sum + T(0);
    return layer.relu ? rectified<T>(sum) : sum;
}

// Inputs that are not zero in all lanes: the products of the others change no sum.
struct Used {
    const std::int32_t *inputs;
    std::int64_t count;
};

template <typename T, typename IsUsed>
inline Used used_inputs(const DenseLayer<T> &layer, std::int32_t *list,
                        IsUsed &&is_used) {
    std::int64_t count = 0;
    for (std::int64_t k = 0; k < layer.inputs; ++k) {
        list[count] = static_cast<std::int32_t>(k);
        count += !layer.is_finite || is_used(k) ? 1 : 0;
    }
    return {list, count};
}

// `outputs` rows of y in so many vectors of lanes, the last of them with `last` ones.
template <typename T, int outputs, int vectors>
inline void tile_of_lanes(const DenseLayer<T> &layer, const Used &used,
                          const T *weights, const T *bias, const T *x, T *y,
                          std::int64_t lanes, std::int64_t last) {
    constexpr std::int64_t width = lanes_of<T>;
    Vector<T> sums[outputs][vectors];
    for (int m = 0; m < outputs; ++m) {
        for (int v = 0; v < vectors; ++v) {
            sums[m][v] = broadcast(bias[m]);
        }
    }
    for (std::int64_t i = 0; i < used.count; ++i) {
        const std::int64_t k = used.inputs[i];
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
            const Vector<T> result = result_of(layer, sums[m][v]);
            T *to = y + m * lanes + v * width;
            if (v == vectors - 1 && last < width) {
                store_some(to, result, last);
            } else {
                store(to, result);
            }
        }
    }
}

template <typename T, int vectors>
inline void block_of_lanes(const DenseLayer<T> &layer, const Used &used,
                           std::int64_t block, const T *x, T *y, std::int64_t lanes,
                           std::int64_t last) {
    const T *weights = layer.weights + block * layer.inputs * dense_block;
    const T *bias = layer.bias + block * dense_block;
    const std::int64_t rows = layer.outputs - block * dense_block;
    y += block * dense_block * lanes;
    std::int64_t m = 0;
    const auto tiles = [&](auto size) {
        for (; m + size <= dense_block && m + size <= rows; m += size) {
            tile_of_lanes<T, size, vectors>(layer, used, weights + m, bias + m, x,
                                            y + m * lanes, lanes, last);
        }
    };
    tiles(Size<tile_outputs>{});
    if constexpr (tile_outputs > 8) {
        tiles(Size<8>{});
    }
    if constexpr (tile_outputs > 4) {
        tiles(Size<4>{});
    }
    tiles(Size<2>{});
    tiles(Size<1>{});
}

template <typename T, int vectors>
inline void panel_of_lanes(const DenseLayer<T> &layer, const T *x, T *y,
                           std::int64_t lanes, std::int64_t last, std::int32_t *list) {
    const Used used = used_inputs(layer, list, [&](std::int64_t k) {
        Wholes<T> differs{};
        for (int v = 0; v < vectors; ++v) {
            differs |= load(x + k * lanes + v * lanes_of<T>) != T(0);
        }
        return any(differs);
    });
    const std::int64_t blocks = (layer.outputs + dense_block - 1) / dense_block;
    for (std::int64_t block = 0; block < blocks; ++block) {
        block_of_lanes<T, vectors>(layer, used, block, x, y, lanes, last);
    }
}

// Lanes are columns.
template <typename T>
inline void dense_over_lanes(const DenseLayer<T> &layer, const T *x, T *y,
                             std::int64_t lanes, std::int32_t *list) {
    constexpr std::int64_t width = lanes_of<T>;
    constexpr std::int64_t rest = (tile_vectors - 1) * width;
    std::int64_t at = 0;
    for (; lanes - at > rest; at += tile_vectors * width) {
        panel_of_lanes<T, tile_vectors>(layer, x + at, y + at, lanes, lanes - at - rest,
                                        list);
    }
    if (at < lanes) {
        panel_of_lanes<T, 1>(layer, x + at, y + at, lanes, lanes - at, list);
    }
}

// Lanes are outputs, of so many blocks and columns.
template <typename T, int blocks, int columns>
inline void tile_of_outputs(const DenseLayer<T> &layer, const Used &used,
                            std::int64_t block, const T *x, T *y, std::int64_t lanes) {
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
    for (std::int64_t i = 0; i < used.count; ++i) {
        const std::int64_t k = used.inputs[i];
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
                store(results + v * width, result_of(layer, sums[b][v][c]));
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
                               std::int64_t lanes, std::int32_t *list) {
    const Used used = used_inputs(layer, list, [&](std::int64_t k) {
        bool is_used = false;
        for (int c = 0; c < columns; ++c) {
            is_used |= x[k * lanes + c] != T(0);
        }
        return is_used;
    });
    // As many as there are registers for: each sum waits for the one before it, and
    // weights of many blocks come from memory at the same time.
    constexpr int sums = columns * int(dense_block / lanes_of<T>);
    constexpr int together = sums >= most_sums ? 1 : most_sums / sums;
    const std::int64_t blocks = (layer.outputs + dense_block - 1) / dense_block;
    std::int64_t block = 0;
    for (; block + together <= blocks; block += together) {
        tile_of_outputs<T, together, columns>(layer, used, block, x, y, lanes);
    }
    for (; block < blocks; ++block) {
        tile_of_outputs<T, 1, columns>(layer, used, block, x, y, lanes);
    }
}

template <typename T>
inline void dense_over_outputs(const DenseLayer<T> &layer, const T *x, T *y,
                               std::int64_t lanes, std::int32_t *list) {
    std::int64_t at = 0;
    const auto columns = [&](auto size) {
        for (; at + size <= lanes; at += size) {
            outputs_of_columns<T, size>(layer, x + at, y + at, lanes, list);
        }
    };
    columns(Size<most_columns>{});
    if constexpr (most_columns > 2) {
        columns(Size<2>{});
    }
    columns(Size<1>{});
}

template <typename T>
void dense(const DenseLayer<T> &layer, const T *x, T *y, std::int64_t lanes,
           std::int32_t *used) {
    if (lanes < lanes_of<T>) {
        dense_over_outputs(layer, x, y, lanes, used);
    } else {
        dense_over_lanes(layer, x, y, lanes, used);
    }
}

} // namespace gwparam::GWPARAM_ENGINE

// A function of two numbers from a table of cells, in each of which it is a polynomial
// of the third degree in both.
//
// u[k] = (x[k] - first[k]) scale[k] counts cells, i[k] is its whole part and t[k] =
// u[k] - i[k] - 1/2. By Horner's rule in fma: first in t[0], then in t[1].
#pragma once

#include "engine/kernels.hpp"
#include "engine/vectors.hpp"

namespace gwparam::GWPARAM_ENGINE {

inline Four load_four(const float *from) {
    Four v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
}

inline Four cubic(Four t, Four c0, Four c1, Four c2, Four c3) {
    return fma(fma(fma(c3, t, c2), t, c1), t, c0);
}

// Of four lanes: where their patches begin, and the place in the cell.
inline Four patches_of_four(const float *patches, const std::int32_t *at,
                            const float *first, const float *second) {
    Four rows[4]; // of each lane the coefficients of t[1]
    for (int lane = 0; lane < 4; ++lane) {
        const float *patch = patches + at[lane];
        const float t = first[lane];
        rows[lane] = cubic(Four{t, t, t, t}, load_four(patch), load_four(patch + 4),
                           load_four(patch + 8), load_four(patch + 12));
    }
    const Four low01 = shuffled<0, 4, 1, 5>(rows[0], rows[1]);
    const Four low23 = shuffled<0, 4, 1, 5>(rows[2], rows[3]);
    const Four high01 = shuffled<2, 6, 3, 7>(rows[0], rows[1]);
    const Four high23 = shuffled<2, 6, 3, 7>(rows[2], rows[3]);
    return cubic(load_four(second), shuffled<0, 1, 4, 5>(low01, low23),
                 shuffled<2, 3, 6, 7>(low01, low23),
                 shuffled<0, 1, 4, 5>(high01, high23),
                 shuffled<2, 3, 6, 7>(high01, high23));
}

// Of the lanes of a vector of which `lanes` are meant; what is meant and outside is
// true in what it returns, and has no result.
inline Ints table_of_lanes(const FunctionTable &table, const float *x,
                           std::int64_t stride, std::int64_t lanes, Floats &result) {
    constexpr int width = lanes_of<float>;
    Ints lane;
    for (int i = 0; i < width; ++i) {
        lane[i] = i;
    }
    Ints inside = lane < static_cast<std::int32_t>(lanes < width ? lanes : width);
    const Ints meant = inside;
    Floats place[2];
    for (int k = 0; k < 2; ++k) {
        place[k] = (load(x + k * stride) - table.first[k]) * table.scale[k];
        inside &= (place[k] >= 0.0F) & (place[k] < static_cast<float>(table.counts[k]));
    }
    Ints cells[2];
    for (int k = 0; k < 2; ++k) {
        place[k] = inside != 0 ? place[k] : Floats{};
        cells[k] = __builtin_convertvector(place[k], Ints);
        place[k] = place[k] - __builtin_convertvector(cells[k], Floats) - 0.5F;
    }
    std::int32_t at[width];
    float first[width];
    float second[width];
    float values[width];
    const Ints patches = (cells[0] * table.counts[1] + cells[1]) * patch_numbers;
    __builtin_memcpy(at, &patches, sizeof at);
    store(first, place[0]);
    store(second, place[1]);
    for (int i = 0; i < width; i += 4) {
        const Four four = patches_of_four(table.patches, at + i, first + i, second + i);
        __builtin_memcpy(values + i, &four, sizeof four);
    }
    result = load(values);
    return meant & ~inside;
}

} // namespace gwparam::GWPARAM_ENGINE

#include "columns/regrid.hpp"

#include <algorithm>
#include <cmath>

namespace gwparam {

namespace {

constexpr double radians_per_degree = 3.14159265358979323846 / 180.0;

struct Weight {
    std::int64_t index;
    double value;
};

// In one direction: for each place of the target weights of places of the source.
using Weights = std::vector<std::vector<Weight>>;

// Between `from` and `to`, with nothing for a neighbour that does not count.
std::vector<Weight> between(std::int64_t from, std::int64_t to, double weight_of_to) {
    std::vector<Weight> weights;
    if (weight_of_to < 1.0) {
        weights.push_back({from, 1.0 - weight_of_to});
    }
    if (weight_of_to > 0.0) {
        weights.push_back({to, weight_of_to});
    }
    return weights;
}

Weights linear_in_latitude(const std::vector<double> &from,
                           const std::vector<double> &to) {
    const auto last = static_cast<std::int64_t>(from.size()) - 1;
    Weights weights;
    for (const double at : to) {
        const std::int64_t above =
            std::upper_bound(from.begin(), from.end(), at) - from.begin();
        if (above == 0 || above > last) {
            weights.push_back({{above == 0 ? 0 : last, 1.0}});
        } else {
            const double below = from[above - 1];
            weights.push_back(
                between(above - 1, above, (at - below) / (from[above] - below)));
        }
    }
    return weights;
}

Weights linear_in_longitude(const std::vector<double> &from,
                            const std::vector<double> &to) {
    const auto length = static_cast<std::int64_t>(from.size());
    Weights weights;
    for (const double at : to) {
        const std::int64_t above =
            std::upper_bound(from.begin(), from.end(), at) - from.begin();
        const std::int64_t west = above == 0 ? length - 1 : above - 1;
        const std::int64_t east = above == length ? 0 : above;
        const double begin = from[west] - (above == 0 ? 360.0 : 0.0);
        const double end = from[east] + (above == length ? 360.0 : 0.0);
        weights.push_back(between(west, east, (at - begin) / (end - begin)));
    }
    return weights;
}

// Each cell's share in a cell of the target, for cells between edges that ascend; with
// a period, edges may lie one period apart.
Weights overlap(const std::vector<double> &from, const std::vector<double> &to,
                double period) {
    Weights weights(to.size() - 1);
    for (std::size_t t = 0; t + 1 < to.size(); ++t) {
        double sum = 0.0;
        for (std::size_t s = 0; s + 1 < from.size(); ++s) {
            double common = 0.0;
            for (const double shift : {-period, 0.0, period}) {
                common += std::max(0.0, std::min(from[s + 1] + shift, to[t + 1]) -
                                            std::max(from[s] + shift, to[t]));
                if (period == 0.0) {
                    break;
                }
            }
            if (common > 0.0) {
                weights[t].push_back({static_cast<std::int64_t>(s), common});
                sum += common;
            }
        }
        for (Weight &weight : weights[t]) {
            weight.value /= sum;
        }
    }
    return weights;
}

std::vector<double> sines(std::vector<double> degrees) {
    for (double &value : degrees) {
        value = std::sin(value * radians_per_degree);
    }
    return degrees;
}

// The product of the weights in the two directions.
Regrid product(const LatLonGrid &from, const LatLonGrid &to, const Weights &in_latitude,
               const Weights &in_longitude) {
    Regrid regrid;
    regrid.source_columns = from.columns();
    for (const std::int64_t cell : to.cell_of_column) {
        for (const Weight &row : in_latitude[cell / to.row_length()]) {
            for (const Weight &place : in_longitude[cell % to.row_length()]) {
                regrid.column.push_back(from.column(row.index, place.index));
                regrid.weight.push_back(row.value * place.value);
            }
        }
        regrid.row_begin.push_back(static_cast<std::int64_t>(regrid.column.size()));
    }
    return regrid;
}

Regrid reorder(const LatLonGrid &from, const LatLonGrid &to) {
    Regrid regrid;
    regrid.source_columns = from.columns();
    for (const std::int64_t cell : to.cell_of_column) {
        regrid.column.push_back(from.column_of_cell[cell]);
        regrid.weight.push_back(1.0);
        regrid.row_begin.push_back(static_cast<std::int64_t>(regrid.column.size()));
    }
    return regrid;
}

} // namespace

std::vector<std::int64_t> Regrid::compact() {
    std::vector<std::int64_t> used = column;
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    for (std::int64_t &number : column) {
        number = std::lower_bound(used.begin(), used.end(), number) - used.begin();
    }
    source_columns = static_cast<std::int64_t>(used.size());
    return used;
}

template <typename Source, typename Target>
void Regrid::apply(const Source *source, std::int64_t levels, Target *target) const {
    std::vector<double> sum(levels);
    for (std::int64_t row = 0; row < target_columns(); ++row, target += levels) {
        std::int64_t n = row_begin[row];
        for (std::int64_t k = 0; k < levels; ++k) {
            sum[k] = weight[n] * source[column[n] * levels + k];
        }
        for (++n; n < row_begin[row + 1]; ++n) {
            const Source *values = source + column[n] * levels;
            for (std::int64_t k = 0; k < levels; ++k) {
                sum[k] += weight[n] * values[k];
            }
        }
        for (std::int64_t k = 0; k < levels; ++k) {
            target[k] = static_cast<Target>(sum[k]);
        }
    }
}

template void Regrid::apply(const float *, std::int64_t, float *) const;
template void Regrid::apply(const float *, std::int64_t, double *) const;
template void Regrid::apply(const double *, std::int64_t, float *) const;
template void Regrid::apply(const double *, std::int64_t, double *) const;

Regrid bilinear_regrid(const LatLonGrid &from, const LatLonGrid &to) {
    if (same_cells(from, to)) {
        return reorder(from, to);
    }
    return product(from, to, linear_in_latitude(from.latitude, to.latitude),
                   linear_in_longitude(from.longitude, to.longitude));
}

Regrid conservative_regrid(const LatLonGrid &from, const LatLonGrid &to) {
    if (same_cells(from, to)) {
        return reorder(from, to);
    }
    return product(from, to,
                   overlap(sines(latitude_edges(from)), sines(latitude_edges(to)), 0.0),
                   overlap(longitude_edges(from), longitude_edges(to), 360.0));
}

} // namespace gwparam

// Horizontal regridding between two latitude-longitude grids, as a sparse matrix.
#pragma once

#include <cstdint>
#include <vector>

#include "columns/grid.hpp"

namespace gwparam {

// A row for each column of the target grid, with weights of columns of the source that
// add up to one; both count columns in their grid's own order. Between grids with the
// same cells it only reorders: values keep their bits.
struct Regrid {
    std::int64_t source_columns = 0;
    std::vector<std::int64_t> row_begin{0}; // in column and weight; one more than rows
    std::vector<std::int64_t> column;
    std::vector<double> weight;

    // Renumbers the columns of the source by their place among those that have a
    // weight, which it gives, ascending.
    std::vector<std::int64_t> compact();

    std::int64_t target_columns() const {
        return static_cast<std::int64_t>(row_begin.size()) - 1;
    }

    // Both arrays have `levels` values a column, side by side; Source and Target are
    // float or double, sums are double.
    template <typename Source, typename Target>
    void apply(const Source *source, std::int64_t levels, Target *target) const;
};

// For state: linear between the four cells around, periodic in longitude; towards a
// pole beyond the last row, that row. Both grids are global (require_global).
Regrid bilinear_regrid(const LatLonGrid &from, const LatLonGrid &to);

// For fluxes: the mean over the target's cell, so that the integral over the globe is
// kept. Both grids are global.
Regrid conservative_regrid(const LatLonGrid &from, const LatLonGrid &to);

} // namespace gwparam

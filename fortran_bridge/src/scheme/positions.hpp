// Where a host says that its columns are.
#pragma once

#include <cstdint>
#include <vector>

#include "gwparam.h"

namespace gwparam {

// One value a column [degrees].
struct Positions {
    std::vector<double> latitude;
    std::vector<double> longitude;
};

// Values of the caller, in a row.
template <typename Value> struct Span {
    const Value *values;
    std::int64_t count;
};

// Units may be null: degrees. Throws ERR_ARGUMENT, ERR_CONTRACT (units), ERR_SHAPE,
// ERR_NONFINITE.
Positions positions_of_columns(const gwparam_array *latitude,
                               const gwparam_array *longitude, const char *units);

// The same for columns that are numbered cells of a grid: row * longitudes + place,
// both from 0.
Positions positions_of_cells(const Span<double> &latitude,
                             const Span<double> &longitude, const char *units,
                             const Span<std::int64_t> &cell);

} // namespace gwparam

// The latitude-longitude grid that the columns of a host, or of a network, make up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gwparam {

// Coordinates this close are one place [degrees]: printed coordinates and single
// precision keep less than 1e-5, and no cell is this small.
constexpr double one_place = 1e-4;

// Cells are numbered from south to north, within a row from west to east:
// cell = row * longitude.size() + place in the row.
struct LatLonAxes {
    std::vector<double> latitude;  // degrees_north, ascending
    std::vector<double> longitude; // degrees_east, ascending, in [0, 360)

    std::int64_t rows() const { return static_cast<std::int64_t>(latitude.size()); }
    std::int64_t row_length() const {
        return static_cast<std::int64_t>(longitude.size());
    }
    std::int64_t cells() const { return rows() * row_length(); }
};

// Cells that are columns in an order of their own.
struct LatLonGrid : LatLonAxes {
    std::vector<std::int64_t> cell_of_column;
    std::vector<std::int64_t> column_of_cell;

    std::int64_t columns() const {
        return static_cast<std::int64_t>(cell_of_column.size());
    }
    std::int64_t column(std::int64_t row, std::int64_t place) const {
        return column_of_cell[row * row_length() + place];
    }
};

// Throws ERR_ARGUMENT, naming the first column that is nowhere on the globe.
void check_coordinates(const std::vector<double> &latitude,
                       const std::vector<double> &longitude);

// The axes that columns in any order have, longitudes from any origin [degrees].
LatLonAxes axes_of_columns(const std::vector<double> &latitude,
                           const std::vector<double> &longitude);

// The cell of each column, among axes that were made with it.
std::vector<std::int64_t> cells_of_columns(const LatLonAxes &axes,
                                           const std::vector<double> &latitude,
                                           const std::vector<double> &longitude);

// "latitude 1.4, longitude 2.8"
std::string where(const LatLonAxes &axes, std::int64_t cell);

// The grid of tensors (..., latitude, longitude), each axis in any order; its columns
// count as the tensor's last two axes do. Throws ERR_CONTRACT if a place is there
// twice.
LatLonGrid grid_of_axes(const std::vector<double> &latitude,
                        const std::vector<double> &longitude);

// Throws ERR_ARGUMENT, naming the grid as `whose`, unless the rows go round the globe
// and the last ones are as near to the poles as the others are to each other.
void require_global(const LatLonAxes &axes, const char *whose);

// Whether both have the same cells.
bool same_cells(const LatLonAxes &a, const LatLonAxes &b);

// Boundaries of the cells in one direction, one more than cells: midpoints between
// neighbours; the poles at the ends of the latitudes; longitudes go round the globe.
std::vector<double> latitude_edges(const LatLonAxes &axes);
std::vector<double> longitude_edges(const LatLonAxes &axes);

// Area of each column's cell on the unit sphere [sr].
std::vector<double> column_areas(const LatLonGrid &grid);

// For each cell the (2 radius + 1)^2 cells around it, south to north and within that
// west to east. Longitude is periodic; beyond a pole its row is repeated.
std::vector<std::int64_t> stencil_cells(const LatLonAxes &axes,
                                        const std::vector<std::int64_t> &cells,
                                        int radius);

} // namespace gwparam

#include "grid.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "error.hpp"

namespace gwparam {

namespace {

// Gaps larger than this many times their like are holes, not cells.
constexpr double hole = 1.5;

constexpr double radians_per_degree = 3.14159265358979323846 / 180.0;

// The longitude in [0, 360); what is one place with 360 becomes 0.
double wrapped(double longitude) {
    const double turned = longitude - 360.0 * std::floor(longitude / 360.0);
    return turned > 360.0 - one_place ? 0.0 : turned;
}

// The distinct places among the values, ascending.
std::vector<double> distinct(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end(),
                             [](double a, double b) { return b - a <= one_place; }),
                 values.end());
    return values;
}

// Where the value is among places that distinct() found with it.
std::int64_t place_of(double value, const std::vector<double> &places) {
    return std::upper_bound(places.begin(), places.end(), value) - places.begin() - 1;
}

std::string where(const LatLonGrid &grid, std::int64_t cell) {
    std::ostringstream text;
    text.precision(9);
    text << "latitude " << grid.latitude[cell / grid.row_length()] << ", longitude "
         << grid.longitude[cell % grid.row_length()];
    return text.str();
}

void check_coordinates(double latitude, double longitude, std::int64_t column) {
    if (std::abs(latitude) <= 90.0 && std::isfinite(longitude)) {
        return;
    }
    std::ostringstream text;
    text << "column " << column + 1 << " is at latitude " << latitude << ", longitude "
         << longitude << ", expected degrees";
    throw Error(GWPARAM_ERR_ARGUMENT, text.str());
}

// Gives every cell its column.
void assign_columns(LatLonGrid &grid) {
    const std::int64_t columns = grid.columns();
    const std::int64_t cells = grid.rows() * grid.row_length();
    // Where there are more cells than columns, one of the first lacks its column: no
    // room is needed for the product of all coordinates of scattered columns.
    const std::int64_t watched = std::min(cells, columns + 1);
    grid.column_of_cell.assign(watched, -1);
    std::int64_t shared = watched; // the first cell of several columns, and the second
    std::int64_t second = -1;
    for (std::int64_t column = 0; column < columns; ++column) {
        const std::int64_t cell = grid.cell_of_column[column];
        if (cell >= watched) {
            continue;
        }
        if (grid.column_of_cell[cell] < 0) {
            grid.column_of_cell[cell] = column;
        } else if (cell < shared) {
            shared = cell;
            second = column;
        }
    }
    const auto none = std::find(grid.column_of_cell.begin(),
                                grid.column_of_cell.begin() + shared, -1) -
                      grid.column_of_cell.begin();
    if (none == watched) {
        return;
    }
    std::ostringstream text;
    if (none < shared) {
        text << "no column is at " << where(grid, none);
    } else {
        text << "columns " << grid.column_of_cell[shared] + 1 << " and " << second + 1
             << ", counted from 1, are both at " << where(grid, shared);
    }
    text << "; " << columns << " columns have " << grid.rows() << " latitudes and "
         << grid.row_length() << " longitudes";
    throw Error(GWPARAM_ERR_ARGUMENT, text.str());
}

double largest_step(const std::vector<double> &values) {
    double largest = 0.0;
    for (std::size_t i = 1; i < values.size(); ++i) {
        largest = std::max(largest, values[i] - values[i - 1]);
    }
    return largest;
}

} // namespace

LatLonGrid grid_of_columns(const double *latitude, const double *longitude,
                           std::int64_t columns) {
    if (columns < 1) {
        throw Error(GWPARAM_ERR_ARGUMENT, "there are no columns, expected a grid");
    }
    const std::vector<double> north(latitude, latitude + columns);
    std::vector<double> east(columns);
    for (std::int64_t i = 0; i < columns; ++i) {
        check_coordinates(latitude[i], longitude[i], i);
        east[i] = wrapped(longitude[i]);
    }
    LatLonGrid grid;
    grid.latitude = distinct(north);
    grid.longitude = distinct(east);
    grid.cell_of_column.resize(columns);
    for (std::int64_t i = 0; i < columns; ++i) {
        grid.cell_of_column[i] = place_of(north[i], grid.latitude) * grid.row_length() +
                                 place_of(east[i], grid.longitude);
    }
    assign_columns(grid);
    return grid;
}

LatLonGrid grid_of_axes(const std::vector<double> &latitude,
                        const std::vector<double> &longitude) {
    std::vector<double> north;
    std::vector<double> east;
    for (const double row : latitude) {
        for (const double place : longitude) {
            north.push_back(row);
            east.push_back(place);
        }
    }
    try {
        return grid_of_columns(north.data(), east.data(),
                               static_cast<std::int64_t>(north.size()));
    } catch (const Error &e) {
        throw Error(GWPARAM_ERR_CONTRACT, "geometry: " + std::string(e.what()));
    }
}

void require_global(const LatLonGrid &grid, const char *whose) {
    std::vector<double> round = grid.longitude;
    round.push_back(round.front() + 360.0);
    std::vector<double> gaps;
    for (std::size_t j = 1; j < round.size(); ++j) {
        gaps.push_back(round[j] - round[j - 1]);
    }
    std::sort(gaps.begin(), gaps.end());
    std::ostringstream text;
    if (gaps.size() < 2 || gaps.back() > hole * gaps[gaps.size() - 2]) {
        text << "the longitudes of " << whose << " leave " << gaps.back()
             << " degrees out";
        throw Error(GWPARAM_ERR_ARGUMENT, text.str());
    }
    const double cap = 90.0 - std::min(-grid.latitude.front(), grid.latitude.back());
    if (cap > hole * largest_step(grid.latitude)) {
        text << "the latitudes of " << whose << " end " << cap
             << " degrees from a pole";
        throw Error(GWPARAM_ERR_ARGUMENT, text.str());
    }
}

bool same_cells(const LatLonGrid &a, const LatLonGrid &b) {
    const auto agree = [](const std::vector<double> &x, const std::vector<double> &y) {
        return std::equal(
            x.begin(), x.end(), y.begin(), y.end(),
            [](double p, double q) { return std::abs(p - q) <= one_place; });
    };
    return agree(a.latitude, b.latitude) && agree(a.longitude, b.longitude);
}

std::vector<double> latitude_edges(const LatLonGrid &grid) {
    std::vector<double> edges{-90.0};
    for (std::int64_t i = 1; i < grid.rows(); ++i) {
        edges.push_back(0.5 * (grid.latitude[i - 1] + grid.latitude[i]));
    }
    edges.push_back(90.0);
    return edges;
}

std::vector<double> longitude_edges(const LatLonGrid &grid) {
    const double west = 0.5 * (grid.longitude.back() - 360.0 + grid.longitude.front());
    std::vector<double> edges{west};
    for (std::int64_t j = 1; j < grid.row_length(); ++j) {
        edges.push_back(0.5 * (grid.longitude[j - 1] + grid.longitude[j]));
    }
    edges.push_back(west + 360.0);
    return edges;
}

std::vector<double> column_areas(const LatLonGrid &grid) {
    const std::vector<double> north = latitude_edges(grid);
    const std::vector<double> east = longitude_edges(grid);
    std::vector<double> areas(grid.columns());
    for (std::int64_t column = 0; column < grid.columns(); ++column) {
        const std::int64_t i = grid.cell_of_column[column] / grid.row_length();
        const std::int64_t j = grid.cell_of_column[column] % grid.row_length();
        areas[column] = (east[j + 1] - east[j]) * radians_per_degree *
                        (std::sin(north[i + 1] * radians_per_degree) -
                         std::sin(north[i] * radians_per_degree));
    }
    return areas;
}

std::vector<std::int64_t> stencil_neighbours(const LatLonGrid &grid, int radius) {
    const std::int64_t length = grid.row_length();
    std::vector<std::int64_t> neighbours;
    neighbours.reserve(grid.columns() * (2 * radius + 1) * (2 * radius + 1));
    for (const std::int64_t cell : grid.cell_of_column) {
        for (std::int64_t north = -radius; north <= radius; ++north) {
            const std::int64_t row =
                std::clamp<std::int64_t>(cell / length + north, 0, grid.rows() - 1);
            for (std::int64_t east = -radius; east <= radius; ++east) {
                // A short row may be passed more than once.
                const std::int64_t place = (cell % length + east) % length;
                neighbours.push_back(
                    grid.column(row, place < 0 ? place + length : place));
            }
        }
    }
    return neighbours;
}

} // namespace gwparam

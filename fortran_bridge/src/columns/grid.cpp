#include "columns/grid.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "base/error.hpp"

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
std::int64_t place_of(double value, const std::vector<double> &coordinates) {
    return std::upper_bound(coordinates.begin(), coordinates.end(), value) -
           coordinates.begin() - 1;
}

double largest_step(const std::vector<double> &values) {
    double largest = 0.0;
    for (std::size_t i = 1; i < values.size(); ++i) {
        largest = std::max(largest, values[i] - values[i - 1]);
    }
    return largest;
}

} // namespace

void check_coordinates(const std::vector<double> &latitude,
                       const std::vector<double> &longitude) {
    for (std::size_t i = 0; i < latitude.size(); ++i) {
        if (!(std::abs(latitude[i]) <= 90.0) || !std::isfinite(longitude[i])) {
            std::ostringstream text;
            text << "column " << i + 1 << " is at latitude " << latitude[i]
                 << ", longitude " << longitude[i] << ", expected degrees";
            throw Error(GWPARAM_ERR_ARGUMENT, text.str());
        }
    }
}

LatLonAxes axes_of_columns(const std::vector<double> &latitude,
                           const std::vector<double> &longitude) {
    std::vector<double> east(longitude.size());
    std::transform(longitude.begin(), longitude.end(), east.begin(), wrapped);
    return {distinct(latitude), distinct(std::move(east))};
}

std::vector<std::int64_t> cells_of_columns(const LatLonAxes &axes,
                                           const std::vector<double> &latitude,
                                           const std::vector<double> &longitude) {
    std::vector<std::int64_t> cells(latitude.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        cells[i] = place_of(latitude[i], axes.latitude) * axes.row_length() +
                   place_of(wrapped(longitude[i]), axes.longitude);
    }
    return cells;
}

std::string where(const LatLonAxes &axes, std::int64_t cell) {
    std::ostringstream text;
    text.precision(9);
    text << "latitude " << axes.latitude[cell / axes.row_length()] << ", longitude "
         << axes.longitude[cell % axes.row_length()];
    return text.str();
}

LatLonGrid grid_of_axes(const std::vector<double> &latitude,
                        const std::vector<double> &longitude) {
    LatLonGrid grid;
    static_cast<LatLonAxes &>(grid) = axes_of_columns(latitude, longitude);
    if (grid.latitude.size() != latitude.size() ||
        grid.longitude.size() != longitude.size()) {
        throw Error(GWPARAM_ERR_CONTRACT,
                    "geometry: there are " + std::to_string(latitude.size()) +
                        " latitudes and " + std::to_string(longitude.size()) +
                        " longitudes, of which " + std::to_string(grid.rows()) +
                        " and " + std::to_string(grid.row_length()) + " differ");
    }
    for (const double north : latitude) {
        const std::int64_t row = place_of(north, grid.latitude) * grid.row_length();
        for (const double east : longitude) {
            grid.cell_of_column.push_back(row +
                                          place_of(wrapped(east), grid.longitude));
        }
    }
    grid.column_of_cell.resize(grid.cell_of_column.size());
    for (std::int64_t column = 0; column < grid.columns(); ++column) {
        grid.column_of_cell[grid.cell_of_column[column]] = column;
    }
    return grid;
}

void require_global(const LatLonAxes &axes, const char *whose) {
    std::vector<double> round = axes.longitude;
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
    const double cap = 90.0 - std::min(-axes.latitude.front(), axes.latitude.back());
    if (cap > hole * largest_step(axes.latitude)) {
        text << "the latitudes of " << whose << " end " << cap
             << " degrees from a pole";
        throw Error(GWPARAM_ERR_ARGUMENT, text.str());
    }
}

bool same_cells(const LatLonAxes &a, const LatLonAxes &b) {
    const auto agree = [](const std::vector<double> &x, const std::vector<double> &y) {
        return std::equal(
            x.begin(), x.end(), y.begin(), y.end(),
            [](double p, double q) { return std::abs(p - q) <= one_place; });
    };
    return agree(a.latitude, b.latitude) && agree(a.longitude, b.longitude);
}

std::vector<double> latitude_edges(const LatLonAxes &axes) {
    std::vector<double> edges{-90.0};
    for (std::int64_t i = 1; i < axes.rows(); ++i) {
        edges.push_back(0.5 * (axes.latitude[i - 1] + axes.latitude[i]));
    }
    edges.push_back(90.0);
    return edges;
}

std::vector<double> longitude_edges(const LatLonAxes &axes) {
    const double west = 0.5 * (axes.longitude.back() - 360.0 + axes.longitude.front());
    std::vector<double> edges{west};
    for (std::int64_t j = 1; j < axes.row_length(); ++j) {
        edges.push_back(0.5 * (axes.longitude[j - 1] + axes.longitude[j]));
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

std::vector<std::int64_t> stencil_cells(const LatLonAxes &axes,
                                        const std::vector<std::int64_t> &cells,
                                        int radius) {
    const std::int64_t length = axes.row_length();
    std::vector<std::int64_t> around;
    around.reserve(cells.size() * (2 * radius + 1) * (2 * radius + 1));
    for (const std::int64_t cell : cells) {
        for (std::int64_t north = -radius; north <= radius; ++north) {
            const std::int64_t row =
                std::clamp<std::int64_t>(cell / length + north, 0, axes.rows() - 1);
            for (std::int64_t east = -radius; east <= radius; ++east) {
                // A short row may be passed more than once.
                const std::int64_t place = (cell % length + east) % length;
                around.push_back(row * length + (place < 0 ? place + length : place));
            }
        }
    }
    return around;
}

} // namespace gwparam

#include "columns/places.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include "base/units.hpp"
#include "columns/array.hpp"

namespace gwparam {

namespace {

double value_or_nan(const std::vector<double> &values, std::int64_t column) {
    const auto c = static_cast<std::size_t>(column);
    return c < values.size() ? values[c] : std::numeric_limits<double>::quiet_NaN();
}

} // namespace

std::string nowhere(std::int64_t) { return {}; }

double Places::latitude_of(std::int64_t column) const {
    return value_or_nan(latitude, column);
}

double Places::longitude_of(std::int64_t column) const {
    return value_or_nan(longitude, column);
}

std::string Places::text(std::int64_t column) const {
    const double north = latitude_of(column);
    const double east = longitude_of(column);
    std::ostringstream said;
    if (std::isfinite(north)) {
        said << "latitude " << north;
    }
    if (std::isfinite(east)) {
        said << (said.tellp() > 0 ? ", " : "") << "longitude " << east;
    }
    if (said.tellp() > 0) {
        said << " degrees";
    }
    if (!date.empty()) {
        said << (said.tellp() > 0 ? ", " : "") << date;
    }
    return said.tellp() > 0 ? " (" + said.str() + ")" : "";
}

std::vector<double> degrees_of(const gwparam_array *array, const char *units,
                               const char *name) {
    const HostArray host = checked_array(array, 0, name);
    Rows rows(Dtype::float64, 1);
    rows.resize(host.columns());
    ThreadPool caller(1);
    pack(host, false, conversion(units == nullptr ? "degrees" : units, "degrees", name),
         name, rows, 0, caller);
    const auto *first = reinterpret_cast<const double *>(rows.row(0));
    return {first, first + rows.count()};
}

} // namespace gwparam

#include "scheme/positions.hpp"

#include <string>

#include "base/error.hpp"
#include "base/units.hpp"
#include "columns/places.hpp"

namespace gwparam {

namespace {

Conversion to_degrees(const char *units, const char *name) {
    return conversion(units == nullptr ? "degrees" : units, "degrees", name);
}

template <typename Value> void check_span(const char *name, const Span<Value> &span) {
    if (span.count < 0 || (span.values == nullptr && span.count > 0)) {
        throw Error(GWPARAM_ERR_ARGUMENT, std::string(name) + " is null or has " +
                                              std::to_string(span.count) + " values");
    }
}

} // namespace

Positions positions_of_columns(const gwparam_array *latitude,
                               const gwparam_array *longitude, const char *units) {
    Positions positions{degrees_of(latitude, units, "latitude"),
                        degrees_of(longitude, units, "longitude")};
    if (positions.latitude.size() != positions.longitude.size()) {
        throw Error(GWPARAM_ERR_SHAPE,
                    "longitude has " + std::to_string(positions.longitude.size()) +
                        " values, expected the " +
                        std::to_string(positions.latitude.size()) + " of latitude");
    }
    return positions;
}

Positions positions_of_cells(const Span<double> &latitude,
                             const Span<double> &longitude, const char *units,
                             const Span<std::int64_t> &cell) {
    check_span("latitude", latitude);
    check_span("longitude", longitude);
    check_span("cell", cell);
    const Conversion degrees = to_degrees(units, "latitude");
    const auto in_degrees = [&](double value) {
        return value * degrees.scale + degrees.offset;
    };
    const std::int64_t cells = latitude.count * longitude.count;
    Positions positions;
    for (std::int64_t i = 0; i < cell.count; ++i) {
        const std::int64_t number = cell.values[i];
        if (number < 0 || number >= cells) {
            throw Error(GWPARAM_ERR_ARGUMENT, "column " + std::to_string(i + 1) +
                                                  ", counted from 1, is cell " +
                                                  std::to_string(number) +
                                                  ", counted from 0, expected one of " +
                                                  std::to_string(cells));
        }
        const std::int64_t row = number / longitude.count;
        const std::int64_t place = number % longitude.count;
        positions.latitude.push_back(in_degrees(latitude.values[row]));
        positions.longitude.push_back(in_degrees(longitude.values[place]));
    }
    return positions;
}

} // namespace gwparam

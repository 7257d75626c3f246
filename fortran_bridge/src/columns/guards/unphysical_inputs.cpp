// Inputs that no atmosphere has: units mistaken, fill values below ground, radians.
#include <array>
#include <cmath>
#include <limits>
#include <sstream>

#include "base/units.hpp"
#include "columns/guards/guards.hpp"

namespace gwparam {

namespace {

constexpr double none = std::numeric_limits<double>::infinity();

struct Bounds {
    const char *field;
    const char *units;
    double least;
    double most;
};

// Latitudes may be beyond the pole by a rounding, and the thermosphere has no highest
// temperature.
constexpr std::array<Bounds, 3> known{{
    {"latitude", "degrees", -90.001, 90.001},
    {"surface_air_pressure", "Pa", 1000.0, none},
    {"air_temperature", "K", 50.0, none},
}};

// What models write below ground; nothing on levels has these very values.
constexpr std::array<double, 2> fill_values{-999.0, -9999.0};
constexpr double least_fill = 1e15; // and 1e20, 9.96921e36, ...

bool is_fill(double value) {
    return std::abs(value) >= least_fill || value == fill_values[0] ||
           value == fill_values[1];
}

const Bounds *bounds_of(const FieldContract &field) {
    for (const Bounds &bounds : known) {
        if (field.name == bounds.field) {
            return &bounds;
        }
    }
    return nullptr;
}

std::int64_t first_outside(const FieldContract &field, const Rows &rows,
                           std::int64_t column) {
    const Bounds *bounds = bounds_of(field);
    if (bounds == nullptr && field.levels == 0) {
        return -1;
    }
    const Conversion to = bounds == nullptr || field.units == bounds->units
                              ? Conversion{}
                              : conversion(field.units, bounds->units, field.name);
    std::int64_t bad_level = -1;
    visit(rows, [&](const auto *values) {
        values += column * rows.width();
        for (std::int64_t level = 0; level < rows.width() && bad_level < 0; ++level) {
            const double value = values[level] * to.scale + to.offset;
            const bool fine = bounds != nullptr
                                  ? value >= bounds->least && value <= bounds->most
                                  : !is_fill(value);
            bad_level = fine ? -1 : level;
        }
    });
    return bad_level;
}

std::string expected_of(const FieldContract &field, std::int64_t) {
    const Bounds *bounds = bounds_of(field);
    std::ostringstream text;
    if (bounds == nullptr) {
        return "no fill value";
    }
    if (bounds->most == none) {
        text << "at least " << bounds->least;
    } else {
        text << bounds->least << " to " << bounds->most;
    }
    text << " " << bounds->units;
    return text.str();
}

} // namespace

Guard unphysical_inputs(const gwparam_options &options) {
    return {"on_unphysical", Guard::Sees::host_inputs, options.on_unphysical,
            first_outside, expected_of};
}

} // namespace gwparam

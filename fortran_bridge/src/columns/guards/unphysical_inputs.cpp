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
constexpr double least_fill = 1e15F; // as float32 has it; and 1e20, 9.96921e36, ...

bool is_fill(double value) {
    // No short cuts: several values are looked at at a time.
    const int found = static_cast<int>(std::abs(value) >= least_fill) |
                      static_cast<int>(value == fill_values[0]) |
                      static_cast<int>(value == fill_values[1]);
    return found != 0;
}

const Bounds *bounds_of(const FieldContract &field) {
    for (const Bounds &bounds : known) {
        if (field.name == bounds.field) {
            return &bounds;
        }
    }
    return nullptr;
}

Conversion to_units_of(const Bounds &bounds, const FieldContract &field) {
    return field.units == bounds.units
               ? Conversion{}
               : conversion(field.units, bounds.units, field.name);
}

// In units of the bound that the value is beyond.
double excess_of(const FieldContract &field, double given, std::int64_t) {
    const Bounds *bounds = bounds_of(field);
    if (bounds == nullptr) {
        return is_fill(given) ? none : 0.0;
    }
    const Conversion to = to_units_of(*bounds, field);
    const double value = given * to.scale + to.offset;
    if (value < bounds->least) {
        return 1.0 + (bounds->least - value) / std::abs(bounds->least);
    }
    return value > bounds->most ? value / bounds->most : 0.0;
}

Spot first_outside(const FieldContract &field, const Rows &rows, std::int64_t first,
                   std::int64_t end) {
    const Bounds *bounds = bounds_of(field);
    if (bounds == nullptr) {
        if (field.levels == 0) {
            return {end, -1};
        }
        return first_unfit(rows, first, end,
                           [](double value, std::int64_t) { return !is_fill(value); });
    }
    const Conversion to = to_units_of(*bounds, field);
    return first_unfit(rows, first, end, [&](double given, std::int64_t) {
        const double value = given * to.scale + to.offset;
        return value >= bounds->least && value <= bounds->most && !is_fill(given);
    });
}

std::string expected_of(const FieldContract &field, std::int64_t) {
    const Bounds *bounds = bounds_of(field);
    std::ostringstream text;
    if (bounds == nullptr) {
        return "no fill value";
    }
    if (bounds->most == none) {
        text << "at least " << bounds->least << " " << bounds->units
             << " and no fill value";
    } else {
        text << bounds->least << " to " << bounds->most << " " << bounds->units;
    }
    return text.str();
}

} // namespace

Guard unphysical_inputs(const gwparam_options &options) {
    Guard guard("on_unphysical", Guard::Sees::host_inputs, options.on_unphysical);
    guard.check = first_outside;
    guard.expected = expected_of;
    guard.excess = excess_of;
    return guard;
}

} // namespace gwparam

// Where and when columns are, as far as the host says: for messages and reports alone.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gwparam.h"

namespace gwparam {

// Says more of a column in a message.
using Place = std::function<std::string(std::int64_t column)>;

std::string nowhere(std::int64_t column); // nothing to say

struct Places {
    std::vector<double> latitude; // [degrees], of the first columns; NaN: not known
    std::vector<double> longitude;
    std::string date;

    // Both NaN where the host did not say.
    double latitude_of(std::int64_t column) const;
    double longitude_of(std::int64_t column) const;

    // " (latitude 42.5, longitude 10 degrees, 1979-01-01)", or nothing.
    std::string text(std::int64_t column) const;
};

// A surface field of angles as degrees. Throws as `pack` does.
std::vector<double> degrees_of(const gwparam_array *array, const char *units,
                               const char *name);

} // namespace gwparam

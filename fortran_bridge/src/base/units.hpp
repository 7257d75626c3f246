// Units in the spelling of UDUNITS, as far as the fields of a column need them.
#pragma once

#include <string>

namespace gwparam {

// value_in_to = scale * value_in_from + offset
struct Conversion {
    double scale = 1.0;
    double offset = 0.0;

    bool identity() const { return scale == 1.0 && offset == 0.0; }
};

// Throws ERR_CONTRACT, naming the field, if a unit is unknown or the dimensions differ.
Conversion conversion(const std::string &from, const std::string &to,
                      const std::string &field);

// What turns an acceleration into m s-2; 0 for units of another dimension.
double acceleration_scale(const std::string &units);

} // namespace gwparam

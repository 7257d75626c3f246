// Drag that fades out towards the model top and the surface.
#pragma once

#include <vector>

#include "artefact/contract.hpp"
#include "columns/array.hpp"
#include "gwparam.h"

namespace gwparam {

class Taper {
  public:
    Taper() = default;

    // The host's levels are at these pressures [Pa], in the order of the rows. Throws
    // ERR_ARGUMENT for settings that cannot be meant.
    Taper(const gwparam_options &options, const std::vector<double> &pressure);

    // Multiplies tendencies on levels by the weight of their level; others stay.
    void apply(const std::vector<FieldContract> &fields, std::vector<Rows> &rows,
               ThreadPool &pool) const;

    // Throws ERR_ARGUMENT for settings that cannot be meant on any levels.
    static void check(const gwparam_options &options);

  private:
    std::vector<double> weights_; // of each level; empty: all are 1
};

} // namespace gwparam

// What the tendencies of the winds come to in whole columns.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/array.hpp"

namespace gwparam {

class ColumnMomentum {
  public:
    ColumnMomentum() = default;

    // Of those outputs that are accelerations on the host's levels, at these reference
    // pressures in the order of the rows [Pa].
    ColumnMomentum(const std::vector<FieldContract> &outputs,
                   const std::vector<double> &pressure);

    // One a wind: the momentum that a column gains, in Pa, without levels.
    const std::vector<FieldContract> &fields() const { return fields_; }

    // The same of each column of the outputs.
    std::vector<Rows> &of(const std::vector<Rows> &outputs, ThreadPool &pool);

  private:
    std::vector<double> mass_; // of each layer, per area [kg m-2]
    std::vector<FieldContract> fields_;
    std::vector<std::size_t> outputs_; // whose they are
    std::vector<double> to_si_;        // their units in m s-2
    std::vector<Rows> rows_;
};

// Masses of layers whose bounds are midway between these pressures, and half a layer
// beyond the first and the last; in either order [kg m-2].
std::vector<double> layer_masses(const std::vector<double> &pressure);

} // namespace gwparam

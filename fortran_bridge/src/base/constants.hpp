// Numbers with one meaning; tests/abi/test_sync.py compares the other languages'.
#pragma once

#include <cstdint>

namespace gwparam {

// Turns fluxes per pressure into accelerations [m s-2].
constexpr double standard_gravity = 9.80665;

// Surface pressure that stands for all where only the order of levels matters [Pa].
constexpr double reference_surface_pressure = 1.0e5;

// Columns of one forward pass, unless the host says otherwise.
constexpr std::int32_t default_chunk_columns = 256;

} // namespace gwparam

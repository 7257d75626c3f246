// The gravity-wave drag of Alexander and Dunkerton (1999) with columns as lanes of
// vectors; the kernel is compiled once for each kind of processor, as those of the
// engine.
//
// Each column is computed alone, by the same IEEE operations in the same order: the
// same bits for any place of it, number of columns and processor. The scheme is
// documented in fortran/alexander_dunkerton*.f90, the reference that tests hold it to.
#pragma once

#include <cstdint>

#include "gwparam_drag.h"

namespace gwparam {

// What a group of columns gives, (field, level, lane).
enum DragResult {
    eastward_drag,
    northward_drag,
    drags,
    eastward_diffusivity = drags, // this and the rest: the diagnostics
    northward_diffusivity,
    buoyancy_frequency,
    drag_results
};

struct DragKernel {
    std::int64_t lanes; // columns of a group

    // Numbers of the memory that `run` works in.
    std::int64_t (*memory)(const gwparam_drag_setup &setup);

    // Columns `first` on, as many as there are lanes or are left. False if there is
    // something wrong with one.
    bool (*run)(const gwparam_drag_setup &setup, const gwparam_drag_columns &columns,
                std::int64_t first, bool diagnostics, double *memory, double *results);
};

// The window by one kernel. Returns the first column of the group that it refused, and
// then leaves the results alone; else -1.
std::int64_t run_drag(const DragKernel &kernel, const gwparam_drag_setup &setup,
                      const gwparam_drag_columns &columns,
                      const gwparam_drag_results &results);

} // namespace gwparam

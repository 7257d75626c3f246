#include <algorithm>
#include <initializer_list>
#include <string>

#include "api/boundary.hpp"
#include "engine/targets.hpp"
#include "gwparam_drag.h"
#include "native/drag.hpp"

namespace {

void check(const gwparam_array &array, std::int32_t rank, const char *name,
           bool is_needed) {
    if (array.data == nullptr && !is_needed) {
        return;
    }
    if (array.data == nullptr || array.dtype != GWPARAM_FLOAT64 || array.rank != rank) {
        gwparam::reject_argument(std::string(name) +
                                 " is null or not of float64 and rank " +
                                 std::to_string(rank));
    }
}

} // namespace

extern "C" gwparam_status gwparam_drag_run(const gwparam_drag_setup *setup,
                                           const gwparam_drag_columns *columns,
                                           const gwparam_drag_results *results,
                                           int64_t suspect[2]) {
    return gwparam::guarded([&] {
        if (setup == nullptr || columns == nullptr || results == nullptr ||
            suspect == nullptr) {
            gwparam::reject_argument("set-up, columns, results or suspect is null");
        }
        suspect[0] = suspect[1] = -1;
        const std::int64_t count = columns->shape[0] * columns->shape[1];
        if (count == 0) {
            return;
        }
        check(columns->latitude, 2, "latitude", true);
        check(columns->pressure, 3, "pressure", true);
        check(columns->height, 3, "height", true);
        check(columns->temperature, 3, "temperature", true);
        check(columns->half_pressure, 3, "half_pressure", false);
        for (const int i : {0, 1}) {
            check(columns->wind[i], 3, "wind", true);
            check(results->tendency[i], 3, "tendency", false);
            check(results->diffusivity[i], 3, "diffusivity", false);
        }
        check(results->buoyancy_frequency, 3, "buoyancy_frequency", false);
        static const gwparam::DragKernel &kernel =
            *gwparam::usable_targets().front().drag;
        const std::int64_t first =
            gwparam::run_drag(kernel, *setup, *columns, *results);
        if (first >= 0) {
            suspect[0] = first;
            suspect[1] = std::min(first + kernel.lanes, count) - 1;
            gwparam::reject_argument("one of columns " + std::to_string(first) +
                                     " to " + std::to_string(suspect[1]) +
                                     " is not finite, out of range or order, or "
                                     "without any wave");
        }
    });
}

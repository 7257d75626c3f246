#include "native/drag.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>

#include "base/host_environment.hpp"

namespace gwparam {

namespace {

// One field of a group, to where the host has it.
void deliver(const double *group, std::int64_t lanes, std::int64_t levels,
             std::int64_t first, const gwparam_drag_columns &columns,
             const gwparam_array &field) {
    const std::int64_t count =
        std::min(lanes, columns.shape[0] * columns.shape[1] - first);
    auto *data = static_cast<double *>(field.data);
    const std::int64_t i = first % columns.shape[0];
    if (field.stride[0] == 1 && i + count <= columns.shape[0]) {
        double *to = data + i + first / columns.shape[0] * field.stride[1];
        for (std::int64_t k = 0; k < levels; ++k) {
            std::memcpy(to + k * field.stride[2], group + k * lanes,
                        static_cast<std::size_t>(count) * sizeof(double));
        }
        return;
    }
    for (std::int64_t lane = 0; lane < count; ++lane) {
        const std::int64_t column = first + lane;
        double *to = data + column % columns.shape[0] * field.stride[0] +
                     column / columns.shape[0] * field.stride[1];
        for (std::int64_t k = 0; k < levels; ++k) {
            to[k * field.stride[2]] = group[k * lanes + lane];
        }
    }
}

} // namespace

std::int64_t run_drag(const DragKernel &kernel, const gwparam_drag_setup &setup,
                      const gwparam_drag_columns &columns,
                      const gwparam_drag_results &results) {
    const StandardFloatEnvironment environment;
    const gwparam_array *fields[drag_results] = {
        &results.tendency[0], &results.tendency[1], &results.diffusivity[0],
        &results.diffusivity[1], &results.buoyancy_frequency};
    const bool diagnostics =
        std::any_of(fields + drags, fields + drag_results,
                    [](const gwparam_array *field) { return field->data != nullptr; });
    const std::int64_t count = columns.shape[0] * columns.shape[1];
    const std::int64_t groups = (count + kernel.lanes - 1) / kernel.lanes;
    const std::int64_t size = setup.levels * kernel.lanes;
    const std::int64_t n_fields = diagnostics ? drag_results : drags;
    // Kept until all groups are done, since a failure changes no result. No vectors:
    // they would fill with zeros what is written anyway.
    const std::unique_ptr<double[]> memory(
        new double[static_cast<std::size_t>(kernel.memory(setup))]);
    const std::unique_ptr<double[]> kept(
        new double[static_cast<std::size_t>(groups * n_fields * size)]);
    for (std::int64_t group = 0; group < groups; ++group) {
        const std::int64_t first = group * kernel.lanes;
        if (!kernel.run(setup, columns, first, diagnostics, memory.get(),
                        kept.get() + group * n_fields * size)) {
            return first;
        }
    }
    for (std::int64_t i = 0; i < n_fields; ++i) {
        for (std::int64_t group = 0; group < groups && fields[i]->data != nullptr;
             ++group) {
            deliver(kept.get() + (group * n_fields + i) * size, kernel.lanes,
                    setup.levels, group * kernel.lanes, columns, *fields[i]);
        }
    }
    return -1;
}

} // namespace gwparam

// The kernel of one target: compiled once for each, with its flags and the macro that
// names it.
#include "native/drag.hpp"
#include "native/drag_group.hpp"
#include "native/drag_state.hpp"
#include "native/drag_waves.hpp"

namespace gwparam::GWPARAM_ENGINE {

namespace {

bool Group::run(std::int64_t first, bool diagnostics, double *results) {
    if (!find_rows(first) || !read_state()) {
        return false;
    }
    prepare();
    const Profile result(results);
    const std::int64_t levels = setup_.levels;
    for (std::int64_t i = 0; i < 2; ++i) {
        if (!read_wind(columns_.wind[i]) || !launch()) {
            return false;
        }
        const Profile drag = result.from((eastward_drag + i) * levels);
        const Profile diffusivity = result.from((eastward_diffusivity + i) * levels);
        for (std::int64_t k = 0; k < levels; ++k) {
            drag.set(k, Doubles{});
            if (diagnostics) {
                diffusivity.set(k, Doubles{});
            }
        }
        for (std::int64_t j = 0; j < setup_.wavelengths; ++j) {
            if (setup_.flag == 0) {
                diagnostics ? sweep_from_ends<true>(j) : sweep_from_ends<false>(j);
            } else {
                diagnostics ? sweep_all<true>(j) : sweep_all<false>(j);
            }
            spread(deposited_, false, drag);
            if (diagnostics) {
                spread(work_, true, diffusivity);
            }
        }
    }
    if (diagnostics) {
        const Profile frequency = result.from(buoyancy_frequency * levels);
        for (std::int64_t k = 1; k <= levels; ++k) {
            frequency.set(k - 1, k > lowest_
                                     ? Doubles{}
                                     : where(~is_below_source(k), stability_[k]));
        }
    }
    return true;
}

// Turns deposited stress into a wind tendency, or work into an eddy diffusivity.
void Group::spread(const Profile &stress, bool is_work, const Profile &levels) {
    for (std::int64_t k = 0; k < lowest_; ++k) {
        const Doubles strength =
            (source_density_ / layer_density_[k]) * stress[k] * share_;
        const Doubles stability = stability_[k];
        const Doubles depth = depth_[k];
        layer_.set(k, where(source_level_ > double(k),
                            is_work ? strength / (depth * (stability * stability))
                                    : strength / depth));
    }
    layer_.set(lowest_, Doubles{});
    add_to_levels(levels);
}

// Adds to full levels what happens in the layers between them.
void Group::add_to_levels(const Profile &levels) const {
    const auto mass_of_layer = [this](std::int64_t k) {
        return layer_density_[k] * depth_[k];
    };
    const Doubles none{};
    for (std::int64_t k = 1; k <= lowest_; ++k) {
        Doubles gain;
        if (setup_.mass_weighted_levels) {
            const Doubles above = k > 1 ? mass_of_layer(k - 1) * layer_[k - 1] : none;
            gain = 0.5 * (mass_of_layer(k) * layer_[k] + above) / mass_[k];
        } else {
            gain = 0.5 * (layer_[k] + (k > 1 ? layer_[k - 1] : none));
        }
        levels.add(k - 1, where(~is_below_source(k), gain));
    }
    if (setup_.lid_levels == 0) {
        return;
    }
    Doubles weight{};
    for (std::int64_t k = 1; k <= setup_.lid_levels; ++k) {
        const double share = setup_.lid_profile[k - 1];
        weight =
            weight + (setup_.mass_weighted_lid ? share * mass_[k] : broadcast(share));
    }
    const Doubles at_lid =
        setup_.mass_weighted_lid ? mass_of_layer(0) * layer_[0] : layer_[0];
    for (std::int64_t k = 1; k <= setup_.lid_levels; ++k) {
        levels.add(k - 1, at_lid / weight * setup_.lid_profile[k - 1]);
    }
}

std::int64_t memory(const gwparam_drag_setup &setup) { return Group::memory(setup); }

bool run(const gwparam_drag_setup &setup, const gwparam_drag_columns &columns,
         std::int64_t first, bool diagnostics, double *memory, double *results) {
    return Group(setup, columns, Memory(memory)).run(first, diagnostics, results);
}

} // namespace

extern const DragKernel drag_kernel = {lanes, memory, run};

} // namespace gwparam::GWPARAM_ENGINE

// Vertical remapping of one column between the host's levels and the network's.
//
// All arrays are top-down, pressures increase downwards [Pa]. Weights are found once a
// column and serve every field of it.
#pragma once

#include <cstdint>
#include <vector>

#include "artefact/contract.hpp"

namespace gwparam {

enum class Levels { full, half };

// Throws ERR_ARGUMENT, naming field, level and column (counted here from 0) unless the
// pressures increase downwards and are positive; at the topmost half level 0 will do.
void check_pressures(const double *pressure, std::int64_t levels, Levels kind,
                     const char *field, std::int64_t column);

// p = a + b * surface pressure
void hybrid_pressures(const std::vector<double> &a, const std::vector<double> &b,
                      double surface_pressure, double *pressure);

// Gives each target level a value from the two levels of the source around it.
class LevelMap {
  public:
    LevelMap(std::int64_t source_levels, std::int64_t target_levels);

    // State at full levels, host to network: linear in log p, beyond the source's
    // levels constant.
    void set_state(const double *source, const double *target);

    // Tendencies at full levels, network to host: linear in log p, beyond the source's
    // levels zero.
    void set_tendency(const double *source, const double *target);

    // Fluxes, network levels to host half levels: linear in p; below the source's
    // levels constant, above as `outside` says.
    void set_flux(const double *source, const double *target, Outside outside);

    // Source and Target are float or double, sums are double.
    template <typename Source, typename Target>
    void apply(const Source *source, Target *target) const {
        for (std::int64_t k = 0; k < target_levels_; ++k) {
            const Between &b = between_[k];
            target[k] = static_cast<Target>(b.upper_weight * source[b.upper] +
                                            b.lower_weight * source[b.lower]);
        }
    }

  private:
    struct Between {
        std::int64_t upper;
        std::int64_t lower;
        double upper_weight;
        double lower_weight;
    };

    // Pressures and their logarithms: levels of constant pressure need them only once.
    struct Logarithms {
        std::vector<double> pressure;
        std::vector<double> value;

        explicit Logarithms(std::int64_t levels);
        const double *of(const double *pressures);
    };

    // Weights linear in the coordinate; the outermost level of the source counts by
    // above(coordinate) or below(coordinate) beyond it.
    template <typename Above, typename Below>
    void interpolate(const double *source, const double *target, Above &&above,
                     Below &&below);

    std::int64_t source_levels_;
    std::int64_t target_levels_;
    std::vector<Between> between_;
    Logarithms log_source_;
    Logarithms log_target_;
};

// tendency[k] = factor * (flux[k + 1] - flux[k]) / (pressure[k + 1] - pressure[k]), so
// that the sum over `levels` of tendency * dp is factor * (flux below - flux above).
template <typename Tendency>
void flux_divergence(const double *flux, const double *half_pressure,
                     std::int64_t levels, double factor, Tendency *tendency) {
    for (std::int64_t k = 0; k < levels; ++k) {
        const double thickness = half_pressure[k + 1] - half_pressure[k];
        tendency[k] =
            static_cast<Tendency>(factor * (flux[k + 1] - flux[k]) / thickness);
    }
}

} // namespace gwparam

// State of the columns of a group: read, checked in passing, and prepared for the
// waves.
#pragma once

#include "engine/functions.hpp"
#include "native/drag_group.hpp"

namespace gwparam::GWPARAM_ENGINE {

namespace {

constexpr double gravity = 9.80;        // [m s-2]
constexpr double gas_constant = 287.04; // dry air [J kg-1 K-1]
constexpr double heat_capacity = gas_constant / (2.0 / 7.0);
constexpr double least_stability = 2.5e-5;           // floor of N2 [s-2]
constexpr double degrees = 180.0 / 3.14159265358979; // pi as in MiMA
constexpr double largest = 0x1.fffffffffffffp1023;

inline Longs is_finite(Doubles x) { return magnitude<double>(x) <= largest; }

Group::Places Group::places(const gwparam_array &field) const {
    Places its;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        its.place[lane] = column_[lane] % columns_.shape[0] * field.stride[0] +
                          column_[lane] / columns_.shape[0] * field.stride[1];
        its.in_a_row = its.in_a_row && its.place[lane] == its.place[0] + lane;
    }
    return its;
}

inline Doubles Group::read(const gwparam_array &field, const Places &places,
                           std::int64_t k) {
    const double *level =
        static_cast<const double *>(field.data) + (k - 1) * field.stride[2];
    if (places.in_a_row) {
        return load(level + places.place[0]);
    }
    Doubles x;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        x[lane] = level[places.place[lane]];
    }
    return x;
}

bool Group::find_rows(std::int64_t first) {
    const std::int64_t count = columns_.shape[0] * columns_.shape[1];
    lowest_ = 0;
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        // Lanes left over repeat the last column.
        const std::int64_t column = first + lane;
        column_[lane] = column < count ? column : count - 1;
        const std::int64_t row = columns_.row[column_[lane]];
        if (row < 1 || row > setup_.rows) {
            return false;
        }
        const std::int64_t s = setup_.source_level[row - 1];
        lowest_ = s > lowest_ ? s : lowest_;
        source_level_[lane] = double(s);
        source_amplitude_[lane] = setup_.source_amplitude[row - 1];
    }
    const Doubles latitude =
        read(columns_.latitude, places(columns_.latitude), 1) * degrees;
    is_tropical_ = (latitude >= setup_.dphis) & (latitude <= setup_.dphin);
    return all(magnitude<double>(latitude) <= 90.0 + 1.0e-6);
}

// Of pressure, height and temperature: finite, positive or of one direction, down to a
// level below the source level.
bool Group::read_state() {
    const Places pressure_at = places(columns_.pressure);
    const Places height_at = places(columns_.height);
    const Places temperature_at = places(columns_.temperature);
    Longs is_right = always();
    Doubles pressure_above{};
    Doubles height_above = broadcast(__builtin_inf());
    for (std::int64_t k = 1; k <= lowest_ + 1; ++k) {
        const Doubles pressure = read(columns_.pressure, pressure_at, k);
        const Doubles height = read(columns_.height, height_at, k);
        const Doubles temperature = read(columns_.temperature, temperature_at, k);
        is_right &= is_below_source(k - 1) |
                    ((pressure > pressure_above) & is_finite(pressure) &
                     (height < height_above) & is_finite(height) & (temperature > 0.0) &
                     is_finite(temperature));
        pressure_.set(k, pressure);
        height_.set(k, height);
        temperature_.set(k, temperature);
        pressure_above = pressure;
        height_above = height;
    }
    return all(is_right) &&
           (columns_.half_pressure.data == nullptr || read_half_levels());
}

bool Group::read_half_levels() {
    const gwparam_array &field = columns_.half_pressure;
    const Places at = places(field);
    Doubles above = read(field, at, 1);
    Longs is_right = is_finite(above);
    for (std::int64_t k = 1; k <= lowest_; ++k) {
        const Doubles below = read(field, at, k + 1);
        is_right &= is_below_source(k) | ((below > above) & is_finite(below));
        mass_.set(k, (below - above) / gravity);
        above = below;
    }
    return all(is_right);
}

bool Group::read_wind(const gwparam_array &field) {
    const Places at = places(field);
    Longs is_right = always();
    for (std::int64_t k = 1; k <= lowest_; ++k) {
        const Doubles wind = read(field, at, k);
        is_right &= is_below_source(k) | is_finite(wind);
        wind_.set(k, wind);
        source_wind_ = source_level_ == double(k) ? wind : source_wind_;
    }
    wind_.set(0, 2.0 * wind_[1] - wind_[2]);
    return all(is_right);
}

// What both wind components share: prepare_column.
void Group::prepare() {
    for (std::int64_t k = 1; k <= lowest_ + 1; ++k) {
        const Doubles density = pressure_[k] / (temperature_[k] * gas_constant);
        density_.set(k, density);
        source_density_ = source_level_ == double(k) ? density : source_density_;
    }
    for (std::int64_t k = 1; k <= lowest_; ++k) {
        const std::int64_t above = k > 1 ? k - 1 : 1;
        const Doubles lapse = (temperature_[above] - temperature_[k + 1]) /
                              (height_[above] - height_[k + 1]);
        const Doubles squared =
            (gravity / temperature_[k]) * (lapse + gravity / heat_capacity);
        stability_.set(
            k, sqrt(squared > least_stability ? squared : broadcast(least_stability)));
    }
    height_.set(0, height_[1] + height_[1] - height_[2]);
    density_.set(0, density_[1] * density_[1] / density_[2]);
    stability_.set(0, stability_[1]);
    for (std::int64_t k = 0; k <= lowest_; ++k) {
        const Doubles depth = height_[k] - height_[k + 1];
        depth_.set(k, depth);
        layer_density_.set(k, sqrt(density_[k] * density_[k + 1]));
        // Of the density, hence never a division by zero in an isopycnal layer.
        const Doubles inverse = log(density_[k] / density_[k + 1]) / depth;
        const Doubles share = 0.5 * (density_[k] / source_density_);
        const Doubles squared = stability_[k] * stability_[k];
        for (std::int64_t j = 0; j < setup_.wavelengths; ++j) {
            const double wavenumber = setup_.wavenumber[j];
            const double square = wavenumber * wavenumber;
            threshold_.set(j * extent_ + k, share * wavenumber / stability_[k]);
            reflection_.set(j * extent_ + k, sqrt((squared * square) /
                                                  (square + 0.25 * inverse * inverse)));
        }
    }
    const bool is_massive = setup_.mass_weighted_levels || setup_.mass_weighted_lid;
    if (!is_massive || columns_.half_pressure.data != nullptr) {
        return;
    }
    mass_.set(1, 0.5 * (pressure_[1] + pressure_[2]) / gravity);
    for (std::int64_t k = 2; k <= lowest_; ++k) {
        mass_.set(k, 0.5 * (pressure_[k + 1] - pressure_[k - 1]) / gravity);
    }
}

} // namespace

} // namespace gwparam::GWPARAM_ENGINE

// A window of columns for the drag, each different from all others, and the results.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "native/drag.hpp"

struct DragWindow {
    static constexpr std::int64_t levels = 14;
    static constexpr std::int64_t lid = 2;

    // Rows have source levels of their own; columns are of any row.
    DragWindow(std::int64_t across, std::int64_t along, bool level_fastest = false,
               unsigned seed = 1)
        : across(across), along(along), level_fastest(level_fastest) {
        std::mt19937 random(seed);
        std::normal_distribution<double> normal;
        const std::int64_t count = across * along;
        row.resize(static_cast<std::size_t>(count));
        latitude.resize(row.size());
        for (std::vector<double> *field : {&pressure, &height, &temperature, &u, &v}) {
            field->resize(row.size() * levels);
        }
        half_pressure.resize(row.size() * (levels + 1));
        for (std::int64_t i = 0; i < count; ++i) {
            row[std::size_t(i)] = 1 + std::int32_t(random() % 3);
            latitude[std::size_t(i)] = std::sin(normal(random));
            const double scale = 1.0 + 0.01 * normal(random);
            double wind[2] = {20 * normal(random), 10 * normal(random)};
            at(half_pressure, i, 0) = 0.0;
            for (std::int64_t k = levels; k-- > 0;) {
                const double p =
                    1e5 * scale * std::exp(-9.0 * (1.0 - (k + 0.5) / levels));
                at(pressure, i, k) = p;
                at(half_pressure, i, k + 1) = p * 1.3;
                at(height, i, k) = -7000.0 * std::log(p / 1e5) + 50.0 * scale;
                at(temperature, i, k) = 240 + 15 * normal(random);
                wind[0] += 8 * normal(random);
                wind[1] += 5 * normal(random);
                at(u, i, k) = wind[0];
                at(v, i, k) = wind[1];
            }
        }
        for (std::vector<double> &field : results) {
            field.assign(row.size() * levels, 77.0);
        }
        setup.levels = levels;
        setup.rows = 3;
        setup.waves = 101;
        setup.wavelengths = 1;
        setup.lid_levels = lid;
        setup.cmax = 100.0;
        setup.dc = 2.0;
        setup.bw = 0.4;
        setup.cw = 35.0;
        setup.cwtropics = 30.0;
        setup.cn = 4.0;
        setup.kelvin_kludge = 1.5;
        setup.dphis = -10.0;
        setup.dphin = 10.0;
    }

    std::int64_t place(std::int64_t column, std::int64_t k, std::int64_t extent) const {
        return level_fastest ? column * extent + k : k * across * along + column;
    }
    double &at(std::vector<double> &field, std::int64_t column, std::int64_t k) {
        const auto extent = std::int64_t(field.size() / row.size());
        return field[std::size_t(place(column, k, extent))];
    }

    gwparam_array view(std::vector<double> &field) {
        const auto extent = std::int64_t(field.size() / row.size());
        const std::int64_t column = level_fastest ? extent : 1;
        return {field.data(),
                GWPARAM_FLOAT64,
                3,
                {across, along, extent, 1},
                {column, column * across, level_fastest ? 1 : across * along, 0}};
    }

    gwparam_drag_setup its_setup() {
        gwparam_drag_setup its = setup;
        its.source_level = source_level;
        its.source_amplitude = source_amplitude;
        its.wavenumber = wavenumber;
        its.lid_profile = lid_profile;
        return its;
    }

    gwparam_drag_columns columns(bool with_half_pressure = false) {
        gwparam_drag_columns its{};
        its.shape[0] = across;
        its.shape[1] = along;
        its.row = row.data();
        its.latitude = {latitude.data(),
                        GWPARAM_FLOAT64,
                        2,
                        {across, along, 1, 1},
                        {1, across, 0, 0}};
        its.pressure = view(pressure);
        its.height = view(height);
        its.temperature = view(temperature);
        its.wind[0] = view(u);
        its.wind[1] = view(v);
        if (with_half_pressure) {
            its.half_pressure = view(half_pressure);
        }
        return its;
    }

    gwparam_drag_results wanted(bool diagnostics = true) {
        gwparam_drag_results its{};
        its.tendency[0] = view(results[0]);
        its.tendency[1] = view(results[1]);
        if (diagnostics) {
            its.diffusivity[0] = view(results[2]);
            its.diffusivity[1] = view(results[3]);
            its.buoyancy_frequency = view(results[4]);
        }
        return its;
    }

    std::int64_t across;
    std::int64_t along;
    bool level_fastest;
    gwparam_drag_setup setup{};
    std::int32_t source_level[3] = {9, 10, 12};
    double source_amplitude[3] = {0.004, 0.003, 0.005};
    double wavenumber[2] = {2.1e-5, 2.1e-6};
    double lid_profile[lid] = {1.0, 0.5};
    std::vector<std::int32_t> row;
    std::vector<double> latitude;
    std::vector<double> pressure;
    std::vector<double> height;
    std::vector<double> temperature;
    std::vector<double> u;
    std::vector<double> v;
    std::vector<double> half_pressure;
    std::vector<double> results[gwparam::drag_results];
};

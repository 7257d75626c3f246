#include "columns/vertical.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "columns/remap.hpp"

namespace gwparam {

namespace {

FieldContract pressure_field(const char *name, std::int64_t levels) {
    FieldContract field;
    field.name = name;
    field.units = "Pa";
    field.dtype = Dtype::float64; // half levels make up the budget
    field.levels = levels;
    return field;
}

const double *doubles(const Rows &rows, std::int64_t i) {
    return reinterpret_cast<const double *>(rows.row(i));
}

// Calls body(source, target) with pointers of the rows' own types.
template <typename Body>
void with_rows(const Rows &source, Rows &target, std::int64_t i, Body &&body) {
    visit(source, [&](const auto *from) {
        visit(target, [&](auto *to) {
            body(from + i * source.width(), to + i * target.width());
        });
    });
}

void reverse_row(Rows &rows, std::int64_t i) {
    visit(rows, [&](auto *values) {
        std::reverse(values + i * rows.width(), values + (i + 1) * rows.width());
    });
}

void copy_row(const Rows &source, Rows &target, std::int64_t i) {
    with_rows(source, target, i, [&](const auto *from, auto *to) {
        for (std::int64_t k = 0; k < source.width(); ++k) {
            to[k] = static_cast<std::remove_reference_t<decltype(*to)>>(from[k]);
        }
    });
}

// Of one column.
std::int64_t numbers_of(const std::vector<Rows> &fields) {
    std::int64_t numbers = 0;
    for (const Rows &rows : fields) {
        numbers += rows.width();
    }
    return numbers;
}

} // namespace

std::vector<Rows> rows_for(const std::vector<FieldContract> &fields) {
    std::vector<Rows> rows;
    rows.reserve(fields.size());
    for (const FieldContract &field : fields) {
        rows.emplace_back(field.dtype, field.width());
    }
    return rows;
}

VerticalStage::VerticalStage(const Contract &contract, std::int64_t host_levels)
    : contract_(contract), host_levels_(host_levels), a_(contract.vertical.a),
      b_(contract.vertical.b), host_inputs_(contract.inputs) {
    if (!contract.vertical.top_down) {
        std::reverse(a_.begin(), a_.end());
        std::reverse(b_.begin(), b_.end());
    }
    if (!contract.needs_pressure()) {
        host_outputs_ = contract.outputs;
        return;
    }
    full_pressure_ = host_inputs_.size();
    for (std::size_t i = 0; i < contract.inputs.size(); ++i) {
        FieldContract &field = host_inputs_[i];
        if (field.levels > 0) {
            field.levels = host_levels;
            field.training_mean.clear(); // it is about the network's levels
        }
        if (field.name == full_pressure_name) {
            full_pressure_ = i;
            field.dtype = Dtype::float64;
        }
    }
    if (full_pressure_ == host_inputs_.size()) {
        host_inputs_.push_back(pressure_field(full_pressure_name, host_levels));
    }
    half_pressure_ = host_inputs_.size();
    host_inputs_.push_back(pressure_field(half_pressure_name, host_levels + 1));

    for (std::size_t i = 0; i < contract.outputs.size(); ++i) {
        FieldContract field = contract.outputs[i];
        if (field.kind == OutputKind::tendency &&
            contract.vertical.kind != VerticalKind::host) {
            field.levels = host_levels;
            add_output(field, {Origin::tendency, i, 0.0});
        } else {
            add_output(field, {Origin::network, i, 0.0});
        }
        if (const Flux *flux = contract.flux_of(i)) {
            field.dtype = Dtype::float64;
            field.name += half_levels_suffix;
            field.levels = host_levels + 1;
            add_output(field, {Origin::flux, i, 0.0});
            FieldContract tendency = flux->tendency;
            tendency.dtype = Dtype::float64;
            tendency.levels = host_levels;
            add_output(tendency, {Origin::divergence, i, flux->factor});
        }
    }
}

void VerticalStage::add_output(FieldContract field, Source source) {
    host_outputs_.push_back(std::move(field));
    sources_.push_back(source);
}

bool VerticalStage::host_top_down() const {
    return contract_.needs_pressure() || contract_.vertical.top_down;
}

void VerticalStage::network_pressure(const double *full, const double *half,
                                     double *network) const {
    if (contract_.vertical.kind == VerticalKind::host) {
        std::copy(full, full + host_levels_, network);
    } else {
        hybrid_pressures(a_, b_, half[host_levels_], network);
    }
}

VerticalStage::Pressures VerticalStage::room_for_pressures() const {
    return {Rows(Dtype::float64, host_levels_), Rows(Dtype::float64, host_levels_ + 1)};
}

void VerticalStage::to_network(std::vector<Rows> &&host, std::int64_t columns,
                               std::vector<Rows> &network, Pressures &pressures,
                               ThreadPool &pool) const {
    if (!contract_.needs_pressure()) {
        std::swap(host, network);
        return;
    }
    for (Rows &rows : network) {
        rows.resize(columns);
    }
    pool.run_ranges(columns, numbers_of(host),
                    [&](std::int64_t first, std::int64_t end) {
                        columns_to_network(host, first, end, network);
                    });
    std::swap(pressures.full, host[full_pressure_]);
    std::swap(pressures.half, host[half_pressure_]);
}

void VerticalStage::columns_to_network(const std::vector<Rows> &host,
                                       std::int64_t first, std::int64_t end,
                                       std::vector<Rows> &network) const {
    const std::int64_t nlev = contract_.vertical.nlev;
    std::vector<double> pressure(static_cast<std::size_t>(nlev));
    LevelMap map(host_levels_, nlev);
    for (std::int64_t c = first; c < end; ++c) {
        const double *full = doubles(host[full_pressure_], c);
        const double *half = doubles(host[half_pressure_], c);
        check_pressures(full, host_levels_, Levels::full, full_pressure_name, c);
        check_pressures(half, host_levels_ + 1, Levels::half, half_pressure_name, c);
        network_pressure(full, half, pressure.data());
        check_pressures(pressure.data(), nlev, Levels::full, "the network's pressure",
                        c);
        map.set_state(full, pressure.data());
        for (std::size_t i = 0; i < network.size(); ++i) {
            if (contract_.inputs[i].levels == 0) {
                copy_row(host[i], network[i], c);
                continue;
            }
            if (i == full_pressure_) {
                visit(network[i], [&](auto *values) {
                    std::copy(pressure.begin(), pressure.end(), values + c * nlev);
                });
            } else {
                with_rows(host[i], network[i], c,
                          [&](const auto *from, auto *to) { map.apply(from, to); });
            }
            if (!contract_.vertical.top_down) {
                reverse_row(network[i], c);
            }
        }
    }
}

void VerticalStage::to_host(std::vector<Rows> &&network, const Pressures &pressures,
                            std::int64_t columns, std::vector<Rows> &host,
                            ThreadPool &pool) const {
    if (!contract_.needs_pressure()) {
        std::swap(host, network);
        return;
    }
    for (Rows &rows : host) {
        rows.resize(columns);
    }
    pool.run_ranges(columns, numbers_of(host),
                    [&](std::int64_t first, std::int64_t end) {
                        columns_to_host(network, pressures, first, end, host);
                    });
}

void VerticalStage::columns_to_host(std::vector<Rows> &network,
                                    const Pressures &pressures, std::int64_t first,
                                    std::int64_t end, std::vector<Rows> &host) const {
    const std::int64_t nlev = contract_.vertical.nlev;
    std::vector<double> pressure(static_cast<std::size_t>(nlev));
    std::vector<double> at_half(static_cast<std::size_t>(host_levels_ + 1));
    LevelMap flux_map(nlev, host_levels_ + 1);
    LevelMap tendency_map(nlev, host_levels_);
    const bool maps_tendencies =
        std::any_of(sources_.begin(), sources_.end(), [](const Source &source) {
            return source.origin == Origin::tendency;
        });
    for (std::int64_t c = first; c < end; ++c) {
        const double *full = doubles(pressures.full, c);
        const double *half = doubles(pressures.half, c);
        network_pressure(full, half, pressure.data());
        flux_map.set_flux(pressure.data(), half, contract_.vertical.outside);
        if (maps_tendencies) {
            tendency_map.set_tendency(pressure.data(), full);
        }
        if (!contract_.vertical.top_down) {
            for (Rows &rows : network) {
                reverse_row(rows, c);
            }
        }
        for (std::size_t i = 0; i < host.size(); ++i) {
            const Source &source = sources_[i];
            const Rows &given = network[source.output];
            switch (source.origin) {
            case Origin::network:
                copy_row(given, host[i], c);
                break;
            case Origin::tendency:
                with_rows(given, host[i], c, [&](const auto *from, auto *to) {
                    tendency_map.apply(from, to);
                });
                break;
            case Origin::flux:
                with_rows(given, host[i], c, [&](const auto *from, auto *to) {
                    flux_map.apply(from, to);
                });
                break;
            case Origin::divergence:
                visit(given, [&](const auto *values) {
                    flux_map.apply(values + c * nlev, at_half.data());
                });
                visit(host[i], [&](auto *values) {
                    flux_divergence(at_half.data(), half, host_levels_, source.factor,
                                    values + c * host_levels_);
                });
                break;
            }
        }
    }
}

double VerticalStage::momentum_imbalance(const Pressures &pressures,
                                         const std::vector<Rows> &host,
                                         ThreadPool &pool) const {
    double worst = 0.0;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        if (sources_[i].origin != Origin::divergence) {
            continue;
        }
        const Rows &at_half = host[i - 1]; // add_output's order
        std::mutex mutex;
        double difference = 0.0;
        double largest = 0.0;
        const auto look = [&](std::int64_t first, std::int64_t end) {
            double its_difference = 0.0;
            double its_largest = 0.0;
            for (std::int64_t c = first; c < end; ++c) {
                const double *half = doubles(pressures.half, c);
                const double *flux = doubles(at_half, c);
                const double *tendency = doubles(host[i], c);
                double gain = 0.0;
                for (std::int64_t k = 0; k < host_levels_; ++k) {
                    gain += tendency[k] * (half[k + 1] - half[k]);
                    its_largest = std::max(its_largest, std::abs(flux[k]));
                }
                its_largest = std::max(its_largest, std::abs(flux[host_levels_]));
                const double crossed =
                    sources_[i].factor * (flux[host_levels_] - flux[0]);
                its_difference = std::max(its_difference, std::abs(gain - crossed));
            }
            const std::lock_guard<std::mutex> lock(mutex);
            difference = std::max(difference, its_difference);
            largest = std::max(largest, its_largest);
        };
        pool.run_ranges(host[i].count(), host_levels_, look);
        if (largest > 0.0) {
            worst =
                std::max(worst, difference / (std::abs(sources_[i].factor) * largest));
        }
    }
    return worst;
}

} // namespace gwparam

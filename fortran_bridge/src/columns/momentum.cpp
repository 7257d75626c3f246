#include "columns/momentum.hpp"

#include <algorithm>
#include <cmath>

#include "base/constants.hpp"
#include "base/units.hpp"

namespace gwparam {

std::vector<double> layer_masses(const std::vector<double> &pressure) {
    const std::size_t n = pressure.size();
    if (n == 1) { // all of the air above that level, and as much below
        return {2.0 * pressure[0] / standard_gravity};
    }
    std::vector<double> masses(n);
    for (std::size_t k = 0; k < n; ++k) {
        // At an end, as thick below as above.
        const std::size_t before = k > 0 ? k - 1 : k;
        const std::size_t after = k + 1 < n ? k + 1 : k;
        const double layers = static_cast<double>(after - before);
        masses[k] =
            std::abs(pressure[after] - pressure[before]) / (layers * standard_gravity);
    }
    return masses;
}

ColumnMomentum::ColumnMomentum(const std::vector<FieldContract> &outputs,
                               const std::vector<double> &pressure)
    : mass_(layer_masses(pressure)) {
    for (std::size_t f = 0; f < outputs.size(); ++f) {
        const FieldContract &output = outputs[f];
        if (output.kind != OutputKind::tendency ||
            output.levels != static_cast<std::int64_t>(pressure.size())) {
            continue;
        }
        const double to_si = acceleration_scale(output.units);
        if (to_si == 0.0) {
            continue; // of another field than a wind
        }
        FieldContract field;
        field.name = "column momentum of " + output.name;
        field.units = "Pa";
        fields_.push_back(field);
        outputs_.push_back(f);
        to_si_.push_back(to_si);
        rows_.emplace_back(Dtype::float64, 1);
    }
}

std::vector<Rows> &ColumnMomentum::of(const std::vector<Rows> &outputs,
                                      ThreadPool &pool) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const Rows &tendency = outputs[outputs_[i]];
        const std::int64_t width = tendency.width();
        rows_[i].resize(tendency.count());
        auto *sums = reinterpret_cast<double *>(rows_[i].row(0));
        pool.run_ranges(
            tendency.count(), width, [&](std::int64_t first, std::int64_t end) {
                visit(tendency, [&](const auto *values) {
                    for (std::int64_t column = first; column < end; ++column) {
                        double sum = 0.0;
                        for (std::int64_t k = 0; k < width; ++k) {
                            sum += values[column * width + k] *
                                   mass_[static_cast<std::size_t>(k)];
                        }
                        sums[column] = sum * to_si_[i];
                    }
                });
            });
    }
    return rows_;
}

} // namespace gwparam

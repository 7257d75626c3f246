#include "columns/taper.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <type_traits>

#include "base/error.hpp"

namespace gwparam {

namespace {

bool is_given(const double (&ends)[2]) { return ends[0] != 0.0 || ends[1] != 0.0; }

void check_ends(const char *name, const double (&ends)[2]) {
    const bool is_meant = ends[0] > 0.0 && ends[1] > ends[0] && std::isfinite(ends[1]);
    if (is_given(ends) && !is_meant) {
        std::ostringstream text;
        text << name << " is " << ends[0] << " and " << ends[1]
             << " Pa, expected two pressures that increase, or 0 and 0";
        reject_argument(text.str());
    }
}

// From 0 at the first pressure to 1 at the second, linear in the logarithm.
double ramp(const double (&ends)[2], double pressure) {
    const double place = std::log(pressure / ends[0]) / std::log(ends[1] / ends[0]);
    return std::clamp(place, 0.0, 1.0);
}

} // namespace

void Taper::check(const gwparam_options &options) {
    check_ends("taper_top", options.taper_top);
    check_ends("taper_surface", options.taper_surface);
}

Taper::Taper(const gwparam_options &options, const std::vector<double> &pressure) {
    check(options);
    const bool at_top = is_given(options.taper_top);
    const bool at_surface = is_given(options.taper_surface);
    if (!at_top && !at_surface) {
        return;
    }
    for (const double its : pressure) {
        double weight = at_top ? ramp(options.taper_top, its) : 1.0;
        if (at_surface) {
            weight *= 1.0 - ramp(options.taper_surface, its);
        }
        weights_.push_back(weight);
    }
}

void Taper::apply(const std::vector<FieldContract> &fields, std::vector<Rows> &rows,
                  ThreadPool &pool) const {
    if (weights_.empty()) {
        return;
    }
    for (std::size_t f = 0; f < rows.size(); ++f) {
        if (fields[f].kind != OutputKind::tendency || fields[f].levels == 0) {
            continue;
        }
        pool.run_ranges(
            rows[f].count(), rows[f].width(),
            [&](std::int64_t first, std::int64_t end) {
                visit(rows[f], [&](auto *values) {
                    using Value = std::remove_reference_t<decltype(*values)>;
                    Value *value = values + first * rows[f].width();
                    for (std::int64_t column = first; column < end; ++column) {
                        for (const double weight : weights_) {
                            *value = static_cast<Value>(*value * weight);
                            ++value;
                        }
                    }
                });
            });
    }
}

} // namespace gwparam

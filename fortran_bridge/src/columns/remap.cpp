#include "columns/remap.hpp"

#include <cmath>
#include <limits>
#include <sstream>

#include "base/error.hpp"

namespace gwparam {

namespace {

// A level this near beyond the network's last, in log p, is on it: the host and the
// contract may round their pressures to single precision.
constexpr double one_level = 1e-6;

} // namespace

void check_pressures(const double *pressure, std::int64_t levels, Levels kind,
                     const char *field, std::int64_t column) {
    // All are looked at before one is searched, as in first_unfit().
    int wrong = static_cast<int>(!(pressure[0] > 0.0));
    for (std::int64_t k = 1; k < levels; ++k) {
        wrong |= static_cast<int>(!(pressure[k] > pressure[k - 1]));
    }
    for (std::int64_t k = 0; wrong != 0 && k < levels; ++k) {
        const double above = k > 0 ? pressure[k - 1] : 0.0;
        const bool at_top = kind == Levels::half && k == 0;
        if (pressure[k] > above || (at_top && pressure[k] == above)) {
            continue;
        }
        std::ostringstream text;
        text << field << " is " << pressure[k] << " Pa at level " << k + 1
             << " of column " << column + 1 << ", counted from 1 and from the top, "
             << "expected " << (at_top ? "at least " : "more than ") << above << " Pa";
        throw Error(GWPARAM_ERR_ARGUMENT, text.str());
    }
}

void hybrid_pressures(const std::vector<double> &a, const std::vector<double> &b,
                      double surface_pressure, double *pressure) {
    for (std::size_t k = 0; k < a.size(); ++k) {
        pressure[k] = a[k] + b[k] * surface_pressure;
    }
}

LevelMap::Logarithms::Logarithms(std::int64_t levels)
    : pressure(levels, std::numeric_limits<double>::quiet_NaN()), value(levels) {}

const double *LevelMap::Logarithms::of(const double *pressures) {
    for (std::size_t k = 0; k < value.size(); ++k) {
        if (pressure[k] != pressures[k]) {
            pressure[k] = pressures[k];
            value[k] = std::log(pressures[k]);
        }
    }
    return value.data();
}

LevelMap::LevelMap(std::int64_t source_levels, std::int64_t target_levels)
    : source_levels_(source_levels), target_levels_(target_levels),
      between_(target_levels), log_source_(source_levels), log_target_(target_levels) {}

template <typename Above, typename Below>
void LevelMap::interpolate(const double *source, const double *target, Above &&above,
                           Below &&below) {
    const std::int64_t last = source_levels_ - 1;
    std::int64_t i = 0;
    for (std::int64_t k = 0; k < target_levels_; ++k) {
        const double at = target[k];
        while (i < last && source[i + 1] <= at) {
            ++i;
        }
        if (at < source[0]) {
            between_[k] = {0, 0, above(at), 0.0};
        } else if (i == last) {
            between_[k] = {last, last, below(at), 0.0};
        } else {
            const double lower = (at - source[i]) / (source[i + 1] - source[i]);
            between_[k] = {i, i + 1, 1.0 - lower, lower};
        }
    }
}

void LevelMap::set_state(const double *source, const double *target) {
    const auto constant = [](double) { return 1.0; };
    interpolate(log_source_.of(source), log_target_.of(target), constant, constant);
}

void LevelMap::set_tendency(const double *source, const double *target) {
    const double *from = log_source_.of(source);
    const double first = from[0] - one_level;
    const double last = from[source_levels_ - 1] + one_level;
    interpolate(
        from, log_target_.of(target),
        [first](double at) { return at < first ? 0.0 : 1.0; },
        [last](double at) { return at > last ? 0.0 : 1.0; });
}

void LevelMap::set_flux(const double *source, const double *target, Outside outside) {
    const auto constant = [](double) { return 1.0; };
    if (outside == Outside::zero) {
        interpolate(source, target, constant, constant);
        return;
    }
    const double top = target[0];
    const double thickness = source[0] - top; // not used unless it is positive
    interpolate(
        source, target, [=](double at) { return (at - top) / thickness; }, constant);
}

} // namespace gwparam

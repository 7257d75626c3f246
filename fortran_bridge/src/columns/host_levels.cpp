#include "columns/host_levels.hpp"

#include <cmath>
#include <sstream>
#include <string>

#include "base/error.hpp"
#include "gwparam.h"

namespace gwparam {

namespace {

void check_order(const double *pressure, std::int64_t nlev, bool top_down) {
    for (std::int64_t k = 0; k < nlev; ++k) {
        const bool ordered = k == 0 || (top_down ? pressure[k] > pressure[k - 1]
                                                 : pressure[k] < pressure[k - 1]);
        if (!(pressure[k] > 0.0) || !std::isfinite(pressure[k]) || !ordered) {
            std::ostringstream text;
            text << "the pressure of level " << k + 1 << " (counted from 1) is "
                 << pressure[k] << " Pa";
            if (k > 0) {
                text << " after " << pressure[k - 1] << " Pa";
            }
            text << ", expected positive values that "
                 << (top_down ? "increase (top down)" : "decrease (bottom up)");
            throw Error(GWPARAM_ERR_ARGUMENT, text.str());
        }
    }
}

void check_nominal(const Vertical &vertical, const double *pressure, bool top_down) {
    const bool flip = top_down != vertical.top_down;
    const auto n_nominal = static_cast<std::int64_t>(vertical.nominal_pressure.size());
    for (std::int64_t k = 0; k < n_nominal; ++k) {
        const auto network_level =
            static_cast<std::size_t>(flip ? n_nominal - 1 - k : k);
        const double nominal = vertical.nominal_pressure[network_level];
        if (std::abs(pressure[k] / nominal - 1.0) > vertical.nominal_tolerance) {
            std::ostringstream text;
            text << "the pressure of level " << k + 1 << " (counted from 1) is "
                 << pressure[k] << " Pa, expected " << nominal << " Pa within "
                 << 100.0 * vertical.nominal_tolerance << " %";
            throw Error(GWPARAM_ERR_CONTRACT, text.str());
        }
    }
}

} // namespace

void check_host_levels(const Vertical &vertical, std::int32_t order, std::int64_t nlev,
                       const double *pressure) {
    if (order != GWPARAM_TOP_DOWN && order != GWPARAM_BOTTOM_UP) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "order is " + std::to_string(order) +
                        ", expected 1 (top down) or 2 (bottom up)");
    }
    if (pressure == nullptr) {
        throw Error(GWPARAM_ERR_ARGUMENT, "pressure is null");
    }
    if (vertical.kind == VerticalKind::host && nlev != vertical.nlev) {
        throw Error(GWPARAM_ERR_SHAPE, "the host has " + std::to_string(nlev) +
                                           " levels, expected " +
                                           std::to_string(vertical.nlev));
    }
    if (nlev < 1) {
        throw Error(GWPARAM_ERR_SHAPE, "the host has " + std::to_string(nlev) +
                                           " levels, expected at least 1");
    }
    const bool top_down = order == GWPARAM_TOP_DOWN;
    check_order(pressure, nlev, top_down);
    check_nominal(vertical, pressure, top_down);
}

} // namespace gwparam

// Between the host's levels and the network's: fields, closed forms, and the budget.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "columns/vertical.hpp"
#include "rows_and_errors.hpp"
#include "tap.h"

namespace {

using gwparam::Contract;
using gwparam::Dtype;
using gwparam::FieldContract;
using gwparam::Rows;
using gwparam::VerticalKind;
using gwparam::VerticalStage;
using Numbers = std::vector<double>;

gwparam::ThreadPool caller(1);

constexpr double rounding = 1e-13;
constexpr double gravity = 9.80665;

// Three extents: columns, the levels of the network, those of the host.
constexpr std::int64_t columns = 2;
constexpr std::int64_t network_levels = 3;
constexpr std::int64_t host_levels = 5;

FieldContract field(const char *name, const char *units, std::int64_t levels,
                    Dtype dtype = Dtype::float64) {
    FieldContract its;
    its.name = name;
    its.units = units;
    its.levels = levels;
    its.dtype = dtype;
    return its;
}

// Wind, temperature, pressures in; a tendency, a flux and a number of waves out.
Contract own_levels(bool top_down) {
    Contract contract;
    contract.vertical.kind = VerticalKind::pressure;
    contract.vertical.top_down = top_down;
    contract.vertical.nlev = network_levels;
    contract.vertical.a = {2000, 1000, 0};
    contract.vertical.b = {0, 0.25, 0.75};
    if (!top_down) {
        contract.vertical.a = {0, 1000, 2000};
        contract.vertical.b = {0.75, 0.25, 0};
    }
    contract.inputs = {field("wind", "m s-1", network_levels, Dtype::float32),
                       field("air_pressure", "Pa", network_levels, Dtype::float32),
                       field("latitude", "degrees", 0)};
    contract.inputs[0].training_mean = {1, 2, 3};
    contract.outputs = {field("tendency_of_wind", "m s-2", network_levels),
                        field("flux", "Pa", network_levels),
                        field("waves", "1", network_levels)};
    contract.outputs[0].kind = gwparam::OutputKind::tendency;
    contract.outputs[1].kind = gwparam::OutputKind::flux;
    gwparam::Flux flux{1, gravity, field("tendency_by_flux", "m s-2", network_levels)};
    flux.tendency.dtype = Dtype::float32;
    contract.fluxes = {flux};
    return contract;
}

const double half[columns][host_levels + 1] = {{0, 2e3, 1e4, 3e4, 7e4, 1e5},
                                               {1e2, 3e3, 2e4, 4e4, 6e4, 9e4}};
double full(std::int64_t column, std::int64_t level) {
    return 0.5 * (half[column][level] + half[column][level + 1]);
}
// Pressure of the network's levels, counted from the top.
double network_pressure(std::int64_t column, std::int64_t level) {
    const double a[] = {2000, 1000, 0};
    const double b[] = {0, 0.25, 0.75};
    return a[level] + b[level] * half[column][host_levels];
}
std::int64_t place(bool top_down, std::int64_t level) {
    return top_down ? level : network_levels - 1 - level;
}

std::string names(const std::vector<FieldContract> &fields) {
    std::string text;
    for (const FieldContract &its : fields) {
        text += its.name + " " + std::to_string(its.levels) +
                (its.dtype == Dtype::float32 ? " single, " : ", ");
    }
    return text;
}

bool near(double a, double b) { return std::abs(a - b) <= rounding * std::abs(b); }

void test_own_fields() {
    Contract contract = own_levels(true);
    const VerticalStage stage(contract, host_levels);
    ok(names(stage.host_inputs()) ==
           "wind 5 single, air_pressure 5, latitude 0, air_pressure_at_half_levels 6, ",
       "the host puts its own levels, and pressures in double precision");
    ok(stage.host_inputs()[0].training_mean.empty(),
       "whose range the network's levels do not tell");
    ok(names(stage.host_outputs()) ==
           "tendency_of_wind 5, flux 3, flux_at_half_levels 6, tendency_by_flux 5, "
           "waves 3, ",
       "tendencies on its levels, a flux twice, others as they are");
    contract.inputs.erase(contract.inputs.begin() + 1);
    ok(names(VerticalStage(contract, host_levels).host_inputs()) ==
           "wind 5 single, latitude 0, air_pressure 5, air_pressure_at_half_levels 6, ",
       "pressures are asked for where the network does not see them");
    ok(stage.host_top_down() && VerticalStage(own_levels(false), 5).host_top_down(),
       "columns to be remapped are top down");
}

// Nothing to remap: fields and their rows are handed on.
void test_same_levels() {
    Contract contract;
    contract.vertical.nlev = network_levels;
    contract.vertical.top_down = false;
    contract.inputs = {field("wind", "m s-1", network_levels)};
    contract.outputs = {field("tendency_of_wind", "m s-2", network_levels)};
    const VerticalStage stage(contract, network_levels);
    ok(names(stage.host_inputs()) == "wind 3, " &&
           names(stage.host_outputs()) == "tendency_of_wind 3, " &&
           !stage.host_top_down(),
       "the host's levels: the network's own fields and order");
    std::vector<Rows> host;
    host.push_back(rows_of(Dtype::float64, network_levels, {1, 2, 3, 4, 5, 6}));
    std::vector<Rows> network = gwparam::rows_for(contract.inputs);
    const std::byte *address = host[0].row(0);
    VerticalStage::Pressures pressures = stage.room_for_pressures();
    stage.to_network(std::move(host), columns, network, pressures, caller);
    const bool is_moved = network[0].row(0) == address;
    std::vector<Rows> back = gwparam::rows_for(contract.outputs);
    stage.to_host(std::move(network), pressures, columns, back, caller);
    ok(is_moved && back[0].row(0) == address &&
           values_of(back[0]) == Numbers{1, 2, 3, 4, 5, 6} && pressures.bytes() == 0,
       "rows move without a copy");
}

std::vector<Rows> host_rows(double (*wind)(double pressure)) {
    Numbers winds;
    Numbers fulls;
    Numbers halves;
    for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t k = 0; k < host_levels; ++k) {
            winds.push_back(wind(full(c, k)));
            fulls.push_back(full(c, k));
        }
        halves.insert(halves.end(), half[c], half[c] + host_levels + 1);
    }
    std::vector<Rows> rows;
    rows.push_back(rows_of(Dtype::float32, host_levels, winds));
    rows.push_back(rows_of(Dtype::float64, host_levels, fulls));
    rows.push_back(rows_of(Dtype::float64, 1, {-30, 60}));
    rows.push_back(rows_of(Dtype::float64, host_levels + 1, halves));
    return rows;
}

void test_to_network(bool top_down) {
    const Contract contract = own_levels(top_down);
    const VerticalStage stage(contract, host_levels);
    const auto linear = [](double pressure) { return 8.0 * std::log(pressure) - 3.0; };
    std::vector<Rows> network = gwparam::rows_for(contract.inputs);
    VerticalStage::Pressures pressures = stage.room_for_pressures();
    stage.to_network(host_rows(linear), columns, network, pressures, caller);
    bool winds = true;
    bool levels = true;
    bool kept = true;
    for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t k = 0; k < network_levels; ++k) {
            const double at = network_pressure(c, k);
            const std::int64_t row = place(top_down, k);
            // Inside the host's levels; rounded to single precision twice.
            winds &= std::abs(gwparam::value_at(network[0], c, row) - linear(at)) <=
                     2e-7 * linear(at);
            levels &= gwparam::value_at(network[1], c, row) == static_cast<float>(at);
        }
        for (std::int64_t k = 0; k <= host_levels; ++k) {
            kept &= gwparam::value_at(pressures.half, c, k) == half[c][k];
            kept &= k == host_levels ||
                    gwparam::value_at(pressures.full, c, k) == full(c, k);
        }
    }
    const char *order = top_down ? "top down" : "bottom up";
    ok(winds, (std::string("a state linear in log p is exact, ") + order).c_str());
    ok(levels && values_of(network[2]) == Numbers{-30, 60},
       "the network sees its own pressures, and the surface as it is");
    ok(kept, "pressures stay for the way back");
}

void test_to_host(bool top_down) {
    const Contract contract = own_levels(top_down);
    const VerticalStage stage(contract, host_levels);
    std::vector<Rows> network = gwparam::rows_for(contract.inputs);
    VerticalStage::Pressures pressures = stage.room_for_pressures();
    stage.to_network(host_rows([](double) { return 1.0; }), columns, network, pressures,
                     caller);

    // A tendency linear in log p, a flux linear in p.
    const auto tendency = [](double pressure) { return 1e-5 * std::log(pressure); };
    const auto flux = [](double pressure) { return 1e-6 * pressure - 0.0125; };
    Numbers values[3];
    for (auto &its : values) {
        its.resize(columns * network_levels);
    }
    for (std::int64_t c = 0; c < columns; ++c) {
        for (std::int64_t k = 0; k < network_levels; ++k) {
            const auto i =
                static_cast<std::size_t>(c * network_levels + place(top_down, k));
            values[0][i] = tendency(network_pressure(c, k));
            values[1][i] = flux(network_pressure(c, k));
            values[2][i] = static_cast<double>(10 * c + k);
        }
    }
    std::vector<Rows> outputs;
    for (const Numbers &its : values) {
        outputs.push_back(rows_of(Dtype::float64, network_levels, its));
    }
    std::vector<Rows> host = gwparam::rows_for(stage.host_outputs());
    stage.to_host(std::move(outputs), pressures, columns, host, caller);

    bool tendencies = true;
    bool fluxes = true;
    bool budget = true;
    bool others = true;
    for (std::int64_t c = 0; c < columns; ++c) {
        const double top = network_pressure(c, 0);
        const double bottom = network_pressure(c, network_levels - 1);
        double gained = 0.0;
        for (std::int64_t k = 0; k < host_levels; ++k) {
            const double at = full(c, k);
            const double found = gwparam::value_at(host[0], c, k);
            tendencies &=
                at < top || at > bottom ? found == 0.0 : near(found, tendency(at));
            gained += gwparam::value_at(host[3], c, k) * (half[c][k + 1] - half[c][k]);
        }
        for (std::int64_t k = 0; k <= host_levels; ++k) {
            const double at = std::min(std::max(half[c][k], top), bottom);
            fluxes &= near(gwparam::value_at(host[2], c, k), flux(at));
        }
        // What the column gains is what crosses its ends.
        budget &= near(gained, gravity * (flux(bottom) - flux(top)));
        for (std::int64_t k = 0; k < network_levels; ++k) {
            const double network_flux = flux(network_pressure(c, k));
            others &=
                gwparam::value_at(host[1], c, k) == network_flux &&
                gwparam::value_at(host[4], c, k) == static_cast<double>(10 * c + k);
        }
    }
    const std::string order = top_down ? ", top down" : ", bottom up";
    ok(tendencies, ("tendencies, zero beyond the network's levels" + order).c_str());
    ok(fluxes, ("fluxes, constant beyond the network's levels" + order).c_str());
    ok(budget, ("the column's budget" + order).c_str());
    ok(others, ("what is on the network's levels, from the top" + order).c_str());
}

// What a column gains too much, over the largest flux.
void test_momentum_imbalance() {
    const Contract contract = own_levels(true);
    const VerticalStage stage(contract, host_levels);
    std::vector<Rows> network = gwparam::rows_for(contract.inputs);
    VerticalStage::Pressures pressures = stage.room_for_pressures();
    stage.to_network(host_rows([](double) { return 1.0; }), columns, network, pressures,
                     caller);
    const Numbers flux{0.01, 0.02, 0.03, 0.02, 0.04, 0.06};
    std::vector<Rows> outputs;
    for (int n = 0; n < 3; ++n) {
        outputs.push_back(rows_of(Dtype::float64, network_levels, flux));
    }
    std::vector<Rows> host = gwparam::rows_for(stage.host_outputs());
    stage.to_host(std::move(outputs), pressures, columns, host, caller);
    ok(stage.momentum_imbalance(pressures, host, caller) < 1e-14,
       "a flux is in balance");

    constexpr double extra = 1e-6;
    auto *tendency = reinterpret_cast<double *>(host[3].row(0));
    tendency[host_levels + 2] += extra;
    tendency[0] -= 0.1 * extra; // a smaller one does not count
    const double expected = extra * (half[1][3] - half[1][2]) / (gravity * 0.06);
    const double found = stage.momentum_imbalance(pressures, host, caller);
    ok(std::abs(found / expected - 1.0) < 1e-9, "what a column gains too much shows");

    for (Rows &rows : host) {
        rows = rows_of(rows.dtype(), rows.width(),
                       Numbers(static_cast<std::size_t>(columns * rows.width()), 0.0));
    }
    ok(stage.momentum_imbalance(pressures, host, caller) == 0.0,
       "no flux is in balance, not NaN");
    Contract without = contract;
    without.fluxes.clear();
    ok(VerticalStage(without, host_levels).momentum_imbalance(pressures, {}, caller) ==
           0.0,
       "0 without fluxes");
}

void test_refusals() {
    const Contract contract = own_levels(true);
    const VerticalStage stage(contract, host_levels);
    const auto refuses = [&](std::size_t input, std::int64_t level, double value,
                             const char *text) {
        std::vector<Rows> host = host_rows([](double) { return 1.0; });
        gwparam::visit(host[input], [&](auto *values) {
            values[host[input].width() + level] =
                static_cast<std::remove_reference_t<decltype(*values)>>(value);
        });
        std::vector<Rows> network = gwparam::rows_for(contract.inputs);
        VerticalStage::Pressures pressures = stage.room_for_pressures();
        return throws(GWPARAM_ERR_ARGUMENT, text, [&] {
            stage.to_network(std::move(host), columns, network, pressures, caller);
        });
    };
    ok(refuses(1, 2, 100.0, "air_pressure is 100 Pa at level 3 of column 2"),
       "pressures that do not increase");
    ok(refuses(3, 0, -1.0,
               "air_pressure_at_half_levels is -1 Pa at level 1 of column 2"),
       "a pressure below zero");
    ok(refuses(3, 5, 1e3, "air_pressure_at_half_levels is 1000 Pa at level 6"),
       "a surface above the levels");
}

// So many columns that several threads have their part: those of the test, again and
// again.
std::vector<Rows> repeated(const std::vector<Rows> &few, std::int64_t times) {
    std::vector<Rows> rows;
    for (const Rows &its : few) {
        rows.emplace_back(its.dtype(), its.width());
        rows.back().resize(times * its.count());
        for (std::int64_t i = 0; i < times * its.count(); ++i) {
            std::copy_n(its.row(i % its.count()), its.row_bytes(), rows.back().row(i));
        }
    }
    return rows;
}

bool all_same(const std::vector<Rows> &found, const std::vector<Rows> &expected) {
    bool same = found.size() == expected.size();
    for (std::size_t f = 0; same && f < found.size(); ++f) {
        same = values_of(found[f]) == values_of(expected[f]);
    }
    return same;
}

void test_threads() {
    constexpr std::int64_t times = 3000;
    const Contract contract = own_levels(false);
    const VerticalStage stage(contract, host_levels);
    const auto there = [&](std::vector<Rows> host, std::int64_t count,
                           VerticalStage::Pressures &pressures,
                           gwparam::ThreadPool &pool) {
        std::vector<Rows> network = gwparam::rows_for(contract.inputs);
        stage.to_network(std::move(host), count, network, pressures, pool);
        return network;
    };
    const auto back = [&](std::vector<Rows> network, std::int64_t count,
                          const VerticalStage::Pressures &pressures,
                          gwparam::ThreadPool &pool) {
        std::vector<Rows> host = gwparam::rows_for(stage.host_outputs());
        stage.to_host(std::move(network), pressures, count, host, pool);
        return host;
    };
    const std::vector<Rows> given =
        host_rows([](double pressure) { return std::sqrt(pressure); });
    std::vector<Rows> results;
    for (int n = 0; n < 3; ++n) {
        results.push_back(rows_of(Dtype::float64, network_levels,
                                  {0.01, 0.02, 0.03, 0.02, 0.04, 0.06}));
    }
    VerticalStage::Pressures pressures = stage.room_for_pressures();
    const std::vector<Rows> network =
        there(repeated(given, 1), columns, pressures, caller);
    const std::vector<Rows> host =
        back(repeated(results, 1), columns, pressures, caller);
    for (const int threads : {1, 2, 3}) {
        gwparam::ThreadPool pool(threads);
        const std::string on = ", on " + std::to_string(threads);
        VerticalStage::Pressures all = stage.room_for_pressures();
        ok(all_same(there(repeated(given, times), times * columns, all, pool),
                    repeated(network, times)),
           ("every column as alone, there" + on).c_str());
        std::vector<Rows> found =
            back(repeated(results, times), times * columns, all, pool);
        ok(all_same(found, repeated(host, times)), ("and back" + on).c_str());
        const double balanced = stage.momentum_imbalance(all, found, pool);
        reinterpret_cast<double *>(found[3].row(columns * times - 1))[2] += 1e-6;
        ok(balanced == stage.momentum_imbalance(pressures, host, caller) &&
               stage.momentum_imbalance(all, found, pool) > 1e-8,
           ("the worst column" + on).c_str());
        bool right = true;
        for (int again = 0; again < 20; ++again) {
            std::vector<Rows> bad = repeated(given, times);
            reinterpret_cast<double *>(bad[3].row(5998))[0] = -1.0;
            reinterpret_cast<double *>(bad[1].row(5000))[2] = 100.0;
            reinterpret_cast<double *>(bad[3].row(2000))[0] = -1.0;
            right &= throws(GWPARAM_ERR_ARGUMENT, "Pa at level 1 of column 2001",
                            [&] { there(std::move(bad), times * columns, all, pool); });
        }
        ok(right, ("the first column that is refused" + on).c_str());
    }
}

} // namespace

int main() {
    test_own_fields();
    test_same_levels();
    for (const bool top_down : {true, false}) {
        test_to_network(top_down);
        test_to_host(top_down);
    }
    test_momentum_imbalance();
    test_refusals();
    test_threads();
    return done_testing();
}

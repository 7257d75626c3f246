#include "ranks/exchange_plans.hpp"

#include <numeric>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "ranks/columns_on_grid.hpp"

namespace gwparam {

ExchangePlans::ExchangePlans(const Communicator &communicator, GeometryKind geometry,
                             int owner)
    : communicator_(communicator), geometry_(geometry), owner_(owner) {
    const bool owns = owner == communicator.rank();
    Communicator::Lists served(static_cast<std::size_t>(communicator.size()));
    served[static_cast<std::size_t>(owner)] = {communicator.rank()};
    Outcome outcome;
    for (const auto &ranks : communicator.all_to_all(served)) {
        if (!ranks.empty() && !owns) {
            outcome.keep(
                Error(GWPARAM_ERR_ARGUMENT,
                      "rank " + std::to_string(ranks.front()) +
                          " takes it for the one that runs its network, but it does "
                          "not: device or the devices seen differ between ranks"));
        }
    }
    const bool all_own_one = communicator.agree(outcome, {owns ? 1 : 0})[0] == 1;
    exchange_columns_ = geometry != GeometryKind::column || !all_own_one;
}

bool ExchangePlans::cover(std::int64_t columns) const {
    if (!exchange_columns_ || columns == columns_) {
        return true;
    }
    if (geometry_ == GeometryKind::column) {
        return false;
    }
    throw Error(GWPARAM_ERR_ARGUMENT, columns_ < 0
                                          ? "the positions of the columns are not set"
                                          : "there are " + std::to_string(columns) +
                                                " columns, expected the " +
                                                std::to_string(columns_) +
                                                " whose positions were set");
}

void ExchangePlans::set_positions(const std::vector<double> &latitude,
                                  const std::vector<double> &longitude,
                                  HorizontalStage &stage) {
    if (geometry_ == GeometryKind::column) {
        return; // their columns are not of any grid
    }
    columns_ = -1;
    const ColumnsOnGrid on_grid =
        find_columns_on_grid(communicator_, latitude, longitude);
    connect(on_grid.directory, on_grid.axes, on_grid.cells, on_grid.axes.cells(),
            stage);
}

void ExchangePlans::set_count(std::int64_t columns, HorizontalStage &stage) {
    columns_ = -1;
    std::int64_t all = 0;
    std::int64_t first = 0;
    const Communicator::Lists counts = communicator_.all_to_all(
        Communicator::Lists(static_cast<std::size_t>(communicator_.size()), {columns}));
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
        const bool is_before = rank < static_cast<std::size_t>(communicator_.rank());
        all += counts[rank].front();
        first += is_before ? counts[rank].front() : 0;
    }
    std::vector<std::int64_t> cells(static_cast<std::size_t>(columns));
    std::iota(cells.begin(), cells.end(), first);
    const Directory directory(communicator_, all, cells, [](std::int64_t cell) {
        return "place " + std::to_string(cell);
    });
    connect(directory, {}, cells, all, stage);
}

// The cells whose columns this rank computes, for itself and others.
std::vector<std::int64_t>
ExchangePlans::computed_here(const std::vector<std::int64_t> &mine) const {
    Communicator::Lists by_owner(static_cast<std::size_t>(communicator_.size()));
    by_owner[static_cast<std::size_t>(owner_)] = mine;
    std::vector<std::int64_t> here;
    for (const auto &list : communicator_.all_to_all(by_owner)) {
        here.insert(here.end(), list.begin(), list.end());
    }
    return here;
}

void ExchangePlans::connect(const Directory &directory, const LatLonAxes &axes,
                            const std::vector<std::int64_t> &mine,
                            std::int64_t all_cells, HorizontalStage &stage) {
    HorizontalStage::Needs needs;
    if (geometry_ == GeometryKind::global) {
        communicator_.together([&] {
            needs = stage.set_grids(axes, mine, owner_ == communicator_.rank());
        });
    } else {
        const std::vector<std::int64_t> here = computed_here(mine);
        communicator_.together(
            [&] { needs = stage.set_cells(axes, all_cells, mine, here); });
    }
    const auto columns = static_cast<std::int64_t>(mine.size());
    const auto results = static_cast<std::int64_t>(needs.results.size());
    const Directory computed(
        communicator_, needs.all_results, needs.results, [](std::int64_t cell) {
            return "place " + std::to_string(cell) + " of the results";
        });
    in_ = Exchange(make_plan(communicator_, directory, columns, needs.inputs));
    out_ = Exchange(make_plan(communicator_, computed, results, needs.outputs));
    columns_ = columns;
}

void ExchangePlans::move_in(std::vector<Rows> &&given, std::vector<Rows> &wanted) {
    move(in_, std::move(given), wanted);
}

void ExchangePlans::move_out(std::vector<Rows> &&given, std::vector<Rows> &wanted) {
    move(out_, std::move(given), wanted);
}

void ExchangePlans::move(Exchange &exchange, std::vector<Rows> &&given,
                         std::vector<Rows> &wanted) {
    if (exchange_columns_) {
        exchange.run(communicator_, std::move(given), wanted);
    } else {
        std::swap(given, wanted);
    }
}

} // namespace gwparam

#include "routes.hpp"

#include <numeric>
#include <string>

#include "error.hpp"
#include "places.hpp"

namespace gwparam {

Routes::Routes(const Team &team, GeometryKind geometry, int owner)
    : team_(team), geometry_(geometry), owner_(owner) {
    const bool owns = owner == team.rank();
    Team::Lists served(static_cast<std::size_t>(team.size()));
    served[static_cast<std::size_t>(owner)] = {team.rank()};
    Outcome outcome;
    for (const auto &ranks : team.swap(served)) {
        if (!ranks.empty() && !owns) {
            outcome.keep(
                Error(GWPARAM_ERR_ARGUMENT,
                      "rank " + std::to_string(ranks.front()) +
                          " takes it for the one that runs its network, but it does "
                          "not: device or the devices seen differ between ranks"));
        }
    }
    const bool all_own_one = team.agree(outcome, {owns ? 1 : 0})[0] == 1;
    exchange_columns_ = geometry != GeometryKind::column || !all_own_one;
}

bool Routes::lead(std::int64_t columns) const {
    if (!exchange_columns_ || columns == columns_) {
        return true;
    }
    if (geometry_ == GeometryKind::column) {
        return false;
    }
    throw Error(GWPARAM_ERR_ARGUMENT,
                columns_ < 0 ? "the places of the columns are not set"
                             : "there are " + std::to_string(columns) +
                                   " columns, expected the " +
                                   std::to_string(columns_) + " whose places were set");
}

void Routes::set_places(const std::vector<double> &latitude,
                        const std::vector<double> &longitude, HorizontalStage &stage) {
    if (geometry_ == GeometryKind::column) {
        return; // their columns are not of any grid
    }
    columns_ = -1;
    const Places places = find_places(team_, latitude, longitude);
    connect(places.directory, places.axes, places.cells, places.axes.cells(), stage);
}

void Routes::set_count(std::int64_t columns, HorizontalStage &stage) {
    columns_ = -1;
    std::int64_t all = 0;
    std::int64_t first = 0;
    const Team::Lists counts =
        team_.swap(Team::Lists(static_cast<std::size_t>(team_.size()), {columns}));
    for (std::size_t rank = 0; rank < counts.size(); ++rank) {
        const bool is_before = rank < static_cast<std::size_t>(team_.rank());
        all += counts[rank].front();
        first += is_before ? counts[rank].front() : 0;
    }
    std::vector<std::int64_t> cells(static_cast<std::size_t>(columns));
    std::iota(cells.begin(), cells.end(), first);
    const Directory directory(team_, all, cells, [](std::int64_t cell) {
        return "place " + std::to_string(cell);
    });
    connect(directory, {}, cells, all, stage);
}

// The cells whose columns this rank computes, for itself and others.
std::vector<std::int64_t>
Routes::computed_here(const std::vector<std::int64_t> &mine) const {
    Team::Lists by_owner(static_cast<std::size_t>(team_.size()));
    by_owner[static_cast<std::size_t>(owner_)] = mine;
    std::vector<std::int64_t> here;
    for (const auto &list : team_.swap(by_owner)) {
        here.insert(here.end(), list.begin(), list.end());
    }
    return here;
}

void Routes::connect(const Directory &directory, const LatLonAxes &axes,
                     const std::vector<std::int64_t> &mine, std::int64_t all_cells,
                     HorizontalStage &stage) {
    HorizontalStage::Needs needs;
    if (geometry_ == GeometryKind::global) {
        team_.together(
            [&] { needs = stage.set_grids(axes, mine, owner_ == team_.rank()); });
    } else {
        const std::vector<std::int64_t> here = computed_here(mine);
        team_.together([&] { needs = stage.set_cells(axes, all_cells, mine, here); });
    }
    const auto columns = static_cast<std::int64_t>(mine.size());
    const auto results = static_cast<std::int64_t>(needs.results.size());
    const Directory computed(
        team_, needs.all_results, needs.results, [](std::int64_t cell) {
            return "place " + std::to_string(cell) + " of the results";
        });
    in_ = Exchange(make_plan(team_, directory, columns, needs.inputs));
    out_ = Exchange(make_plan(team_, computed, results, needs.outputs));
    columns_ = columns;
}

void Routes::move_in(std::vector<Rows> &given, std::vector<Rows> &wanted) {
    if (exchange_columns_) {
        in_.run(team_, given, wanted);
    } else {
        std::swap(given, wanted);
    }
}

void Routes::move_out(std::vector<Rows> &given, std::vector<Rows> &wanted) {
    if (exchange_columns_) {
        out_.run(team_, given, wanted);
    } else {
        std::swap(given, wanted);
    }
}

} // namespace gwparam

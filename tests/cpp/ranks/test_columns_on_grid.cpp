// Columns of all ranks as the cells of one grid: found, or refused by their place.
#include <random>
#include <string>
#include <vector>

#include "ranks/columns_on_grid.hpp"
#include "said_by_ranks.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::ColumnsOnGrid;
using gwparam::Communicator;
using Lists = std::vector<std::vector<double>>;

// What is said of coordinates of each rank that are to make four cells.
std::vector<std::string> messages(const Lists &latitude, const Lists &longitude) {
    return said_by_ranks(
        latitude.size(), [&](const Communicator &communicator, std::size_t rank) {
            const ColumnsOnGrid columns = gwparam::find_columns_on_grid(
                communicator, latitude[rank], longitude[rank]);
            if (columns.axes.cells() != 4 ||
                columns.cells.size() != latitude[rank].size()) {
                throw gwparam::Error(GWPARAM_ERR_ARGUMENT, "other cells");
            }
        });
}

// The same axes on all ranks, the cells of each, and who holds which.
void test_cells() {
    constexpr std::size_t ranks = 3;
    const host::Decomposition mine = host::scattered(ranks);
    std::vector<int> right(ranks, 0);
    said_by_ranks(ranks, [&](const Communicator &communicator, std::size_t rank) {
        std::vector<double> latitude;
        std::vector<double> longitude;
        for (const std::int64_t cell : mine[rank]) {
            latitude.push_back(
                host::latitudes()[static_cast<std::size_t>(cell / host::length)]);
            longitude.push_back(
                host::longitudes()[static_cast<std::size_t>(cell % host::length)] -
                (rank == 1 ? 360.0 : 0.0));
        }
        const ColumnsOnGrid found =
            gwparam::find_columns_on_grid(communicator, latitude, longitude);
        bool good = found.axes.latitude == host::latitudes() &&
                    found.axes.longitude == host::longitudes() &&
                    found.cells == mine[rank];
        host::Cells all(host::cells);
        for (std::size_t cell = 0; cell < all.size(); ++cell) {
            all[cell] = static_cast<std::int64_t>(cell);
        }
        const std::vector<gwparam::Holder> holders = found.directory.find(all);
        for (std::size_t cell = 0; cell < all.size(); ++cell) {
            const auto holder = static_cast<std::size_t>(holders[cell].rank);
            good &=
                mine[holder][static_cast<std::size_t>(holders[cell].row)] == all[cell];
        }
        right[rank] = good ? 1 : 0;
    });
    ok(right == std::vector<int>(ranks, 1),
       "axes of all ranks, the cells of each, from any origin of longitude");
}

void test_refusals() {
    ok(all_say(messages({{-45, 45}, {}, {45, -45}}, {{0, 180}, {}, {360, -180}}), ""),
       "columns of all ranks make a grid");
    ok(all_say(messages({{-45, 45}, {}, {45}}, {{0, 180}, {}, {0}}),
               "no column is at latitude -45, longitude 180; 2 latitudes and 2 "
               "longitudes make 4 cells"),
       "a missing cell is named by its place");
    ok(all_say(messages({{-45, 45}, {}, {45, -45, 45}}, {{0, 180}, {}, {0, 180, 360}}),
               "column 1 of rank 2 and column 3 of rank 2, counted from 1, are both at "
               "latitude 45, longitude 0"),
       "so is a cell of two columns");
    ok(all_say(messages({{-45, 45}, {91, 0}}, {{0, 180}, {0, 0}}),
               "rank 1: column 1 is at latitude 91"),
       "a place that is nowhere");
    ok(all_say(messages({{}, {}}, {{}, {}}), "there are no columns, expected a grid"),
       "no columns");
    ok(all_say(messages({{-45, -45}, {45, 45}}, {{0, 20}, {0, 20}}),
               "the longitudes of the host leave 340 degrees out"),
       "a sector");
    std::mt19937 random(11);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::vector<std::vector<double>> latitude(2);
    std::vector<std::vector<double>> longitude(2);
    for (int n = 0; n < 20000; ++n) {
        latitude[n % 2].push_back(180.0 * uniform(random) - 90.0);
        longitude[n % 2].push_back(360.0 * uniform(random));
    }
    ok(all_say(messages(latitude, longitude), "no column is at"),
       "scattered columns are refused without room for all products");
}

} // namespace

int main() {
    test_cells();
    test_refusals();
    return done_testing();
}

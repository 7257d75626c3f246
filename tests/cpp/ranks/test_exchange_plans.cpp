// Columns to the rank that runs their network, and results back.
#include <string>
#include <vector>

#include "ranks/exchange_plans.hpp"
#include "rows_and_errors.hpp"
#include "said_by_ranks.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::Communicator;
using gwparam::Contract;
using gwparam::Dtype;
using gwparam::ExchangePlans;
using gwparam::GeometryKind;
using gwparam::HorizontalStage;
using gwparam::Rows;
using Numbers = std::vector<double>;

constexpr std::size_t ranks = 3;
constexpr std::int64_t nlev = 2;

Contract contract_of(GeometryKind kind) {
    Contract contract;
    contract.geometry.kind = kind;
    contract.geometry.radius = kind == GeometryKind::stencil ? 1 : 0;
    gwparam::FieldContract field;
    field.levels = nlev;
    contract.inputs = {field};
    contract.outputs = {field};
    contract.probe_columns = 1;
    return contract;
}

std::vector<Rows> rows_with(const Numbers &values) {
    std::vector<Rows> rows;
    rows.push_back(rows_of(Dtype::float64, nlev, values));
    return rows;
}

Numbers columns_of(std::size_t rank, std::int64_t count) {
    Numbers values;
    for (std::int64_t n = 0; n < count * nlev; ++n) {
        values.push_back(static_cast<double>(100 * rank) + static_cast<double>(n));
    }
    return values;
}

void expect(bool is_right, const char *what) {
    if (!is_right) {
        gwparam::reject_argument(what);
    }
}

// Each rank runs its own network: nothing moves, and there is nothing to plan.
void test_own() {
    ok(all_say(
           said_by_ranks(ranks,
                         [](const Communicator &communicator, std::size_t rank) {
                             ExchangePlans plans(communicator, GeometryKind::column,
                                                 communicator.rank());
                             expect(!plans.exchange_columns() && plans.cover(7),
                                    "it would move");
                             std::vector<Rows> given = rows_with(columns_of(rank, 2));
                             const std::byte *address = given[0].row(0);
                             std::vector<Rows> there = rows_with({});
                             std::vector<Rows> back = rows_with({});
                             plans.move_in(std::move(given), there);
                             plans.move_out(std::move(there), back);
                             expect(back[0].row(0) == address && plans.messages() == 0,
                                    "it was copied");
                         }),
           ""),
       "columns of each rank's own network stay where they are");
}

// Columns whose positions do not matter go to one rank, in the order of ranks.
void test_one_owner() {
    const std::int64_t counts[2][ranks] = {{2, 0, 3}, {1, 4, 0}};
    ok(all_say(
           said_by_ranks(
               ranks,
               [&](const Communicator &communicator, std::size_t rank) {
                   const Contract contract = contract_of(GeometryKind::column);
                   HorizontalStage stage(contract, 16);
                   ExchangePlans plans(communicator, GeometryKind::column, 1);
                   expect(plans.exchange_columns(), "it would not move");
                   for (const auto &count : counts) {
                       const std::int64_t mine = count[rank];
                       expect(!plans.cover(mine), "there is a plan already");
                       plans.set_count(mine, stage);
                       expect(plans.cover(mine) && !plans.cover(mine + 1),
                              "the plan is for another number");
                       std::vector<Rows> there = rows_with({});
                       plans.move_in(rows_with(columns_of(rank, mine)), there);
                       Numbers expected;
                       for (std::size_t from = 0; from < ranks && rank == 1; ++from) {
                           const Numbers its = columns_of(from, count[from]);
                           expected.insert(expected.end(), its.begin(), its.end());
                       }
                       expect(values_of(there[0]) == expected, "other columns came");
                       std::vector<Rows> back = rows_with({});
                       plans.move_out(std::move(there), back);
                       expect(values_of(back[0]) == columns_of(rank, mine),
                              "other results came");
                   }
               }),
           ""),
       "columns go to their owner and come back, whatever their number");
}

// Neighbours come from other ranks; results only go where their columns are.
void test_stencil() {
    const host::Decomposition cells = host::bands(ranks);
    ok(all_say(said_by_ranks(
                   ranks,
                   [&](const Communicator &communicator, std::size_t rank) {
                       const Contract contract = contract_of(GeometryKind::stencil);
                       HorizontalStage stage(contract, 16);
                       ExchangePlans plans(communicator, GeometryKind::stencil,
                                           communicator.rank());
                       Numbers latitude;
                       Numbers longitude;
                       Numbers values;
                       for (const std::int64_t cell : cells[rank]) {
                           latitude.push_back(
                               host::latitudes()[static_cast<std::size_t>(cell) /
                                                 host::length]);
                           longitude.push_back(
                               host::longitudes()[static_cast<std::size_t>(cell) %
                                                  host::length]);
                           values.insert(values.end(),
                                         {static_cast<double>(cell), -1.0});
                       }
                       const auto count = static_cast<std::int64_t>(cells[rank].size());
                       expect(throws(GWPARAM_ERR_ARGUMENT,
                                     "the positions of the columns are not set",
                                     [&] { static_cast<void>(plans.cover(count)); }),
                              "positions are not asked for");
                       plans.set_positions(latitude, longitude, stage);
                       expect(plans.cover(count) &&
                                  throws(GWPARAM_ERR_ARGUMENT,
                                         "there are 3 columns, expected",
                                         [&] { static_cast<void>(plans.cover(3)); }),
                              "another number is taken");
                       std::vector<Rows> there = rows_with({});
                       plans.move_in(rows_with(values), there);
                       // Its own cells first, then those of the rows next to them.
                       Numbers begin = values_of(there[0]);
                       expect(begin.size() > values.size(), "no neighbours came");
                       begin.resize(values.size());
                       expect(begin == values, "its own columns do not come first");
                       std::vector<Rows> back = rows_with({});
                       plans.move_out(rows_with(values), back);
                       expect(values_of(back[0]) == values && plans.messages() > 0 &&
                                  plans.message_bytes() % (nlev * 8) == 0 &&
                                  plans.buffer_bytes() > 0,
                              "results do not stay");
                   }),
               ""),
       "neighbours come along");
}

void test_disagreement() {
    const auto said =
        said_by_ranks(ranks, [](const Communicator &communicator, std::size_t) {
            // Rank 2 counts on rank 1, which counts on rank 0.
            const int owner = communicator.rank() == 0 ? 0 : communicator.rank() - 1;
            const ExchangePlans plans(communicator, GeometryKind::column, owner);
        });
    ok(all_say(said,
               "rank 1: rank 2 takes it for the one that runs its network, but it "
               "does not"),
       "an owner that does not know of it");
}

} // namespace

int main() {
    test_own();
    test_one_owner();
    test_stencil();
    test_disagreement();
    return done_testing();
}

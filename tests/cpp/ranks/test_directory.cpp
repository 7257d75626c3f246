// Which rank holds which cell: found from every rank, refused with the cell's name.
#include <algorithm>
#include <string>
#include <vector>

#include "ranks/directory.hpp"
#include "said_by_ranks.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::Communicator;
using gwparam::Directory;
using gwparam::Holder;
using host::Cells;
using host::Decomposition;

std::string numbered(std::int64_t cell) { return "cell " + std::to_string(cell); }

// What making a directory of `cells` says on each rank; empty where it is made.
std::vector<std::string> messages(std::int64_t cells, const Decomposition &mine) {
    return said_by_ranks(
        mine.size(), [&](const Communicator &communicator, std::size_t rank) {
            const Directory directory(communicator, cells, mine[rank], numbered);
        });
}

void test_find(const Decomposition &mine, const char *name) {
    std::vector<int> right(mine.size(), 0);
    run_ranks(static_cast<int>(mine.size()), [&](const gwparam_transport &transport) {
        const Communicator communicator(transport);
        const auto rank = static_cast<std::size_t>(communicator.rank());
        const Directory directory(communicator, host::cells, mine[rank], numbered);
        // Cells of all ranks, some twice, in no order; others on each rank.
        Cells wanted;
        for (std::int64_t n = 0; n < 3 * host::cells / 2 * (communicator.rank() % 3);
             ++n) {
            wanted.push_back((7 * n + 3 * communicator.rank()) % host::cells);
        }
        const std::vector<Holder> found = directory.find(wanted);
        bool fine = found.size() == wanted.size();
        for (std::size_t i = 0; i < found.size() && fine; ++i) {
            const Cells &there = mine[static_cast<std::size_t>(found[i].rank)];
            fine &= there.at(static_cast<std::size_t>(found[i].row)) == wanted[i];
        }
        right[rank] = fine ? 1 : 0;
    });
    ok(right == std::vector<int>(mine.size(), 1), name);
}

void test_one_rank() {
    ok(all_say(messages(4, {{3, 1, 0, 2}}), ""), "all cells on one rank");
    ok(all_say(messages(4, {{3, 1, 0}}), "no column is at cell 2"),
       "a missing cell is named");
    ok(all_say(messages(4, {{3, 1, 0, 2, 1}}),
               "columns 2 and 5, counted from 1, are both at cell 1"),
       "a cell of two columns is named");
    ok(all_say(messages(4, {{0, 0, 1, 3}}), "columns 1 and 2"),
       "the first bad cell is named, be it shared");
    ok(all_say(messages(4, {{1, 3, 3, 3}}), "no column is at cell 0"), "or missing");
    ok(all_say(messages(4, {{0, 1, 1, 0, 2, 2}}), "columns 1 and 4"),
       "the first of several shared cells is named");
    ok(all_say(messages(std::int64_t{1} << 60, {{0, 5, std::int64_t{1} << 59}}),
               "no column is at cell 1"),
       "scattered columns are refused without room for all cells");
}

void test_many_ranks() {
    ok(all_say(messages(6, {{5, 0}, {}, {2, 4, 1}, {3}}), ""),
       "ranks may have no columns");
    ok(all_say(messages(6, {{5, 0}, {}, {2, 4}, {3}}), "no column is at cell 1"),
       "a cell that no rank has");
    ok(all_say(messages(6, {{5, 0}, {}, {2, 4, 1}, {1, 3}}),
               "column 3 of rank 2 and column 1 of rank 3, counted from 1, are both at "
               "cell 1"),
       "a cell that two ranks have");
    ok(all_say(messages(6, {{5, 0}, {3}, {2, 4, 1, 4}, {}}),
               "column 2 of rank 2 and column 4 of rank 2, counted from 1, are both at "
               "cell 4"),
       "a cell that one rank has twice");
    ok(all_say(messages(6, {{}, {}, {}}), "no column is at cell 0"),
       "no columns anywhere");
    ok(all_say(messages(0, {{}, {}, {}}), ""), "no cells");
    ok(all_say(messages(2, {{0}, {1}, {}, {}, {}, {}}), ""), "more ranks than cells");
    ok(all_say(messages(8, {{0, 1}, {2, 3}, {5, 5}, {6, 7}}), "no column is at cell 4"),
       "the first bad cell is named");
}

} // namespace

int main() {
    test_one_rank();
    test_many_ranks();
    test_find(host::bands(1), "cells of one rank are found");
    test_find(host::bands(3), "cells of bands are found");
    test_find(host::scattered(4), "cells of scattered columns are found");
    test_find(host::on_odd_ranks(5), "cells are found by ranks that have none");
    return done_testing();
}

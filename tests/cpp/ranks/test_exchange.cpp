// Rows on their way between ranks: every plan, fields of several kinds, buffers reused.
#include <cstring>
#include <string>
#include <vector>

#include "memory_in_use.hpp"
#include "ranks/exchange.hpp"
#include "small_host.hpp"
#include "tap.h"

namespace {

using gwparam::Communicator;
using gwparam::Directory;
using gwparam::Dtype;
using gwparam::Exchange;
using gwparam::Plan;
using gwparam::Rows;
using host::Cells;
using host::Decomposition;

// Three extents: cells, the levels of one field, those of the other.
constexpr std::int64_t wide = 5;
constexpr std::int64_t narrow = 2;

std::string numbered(std::int64_t cell) { return "cell " + std::to_string(cell); }

double value_at(std::int64_t cell, std::int64_t level, int step) {
    return static_cast<double>(1000 * cell + 10 * level + step) + 0.5;
}

std::vector<Rows> two_fields() {
    std::vector<Rows> fields;
    fields.emplace_back(Dtype::float64, wide);
    fields.emplace_back(Dtype::float32, narrow);
    return fields;
}

// Calls body(value, cell, level) for every value.
template <typename Body>
void each_value(std::vector<Rows> &fields, const Cells &cells, Body &&body) {
    for (Rows &rows : fields) {
        gwparam::visit(rows, [&](auto *values) {
            for (const std::int64_t cell : cells) {
                for (std::int64_t level = 0; level < rows.width(); ++level) {
                    body(*values++, cell, level);
                }
            }
        });
    }
}

std::vector<Rows> filled(const Cells &cells, int step) {
    std::vector<Rows> fields = two_fields();
    for (Rows &rows : fields) {
        rows.resize(static_cast<std::int64_t>(cells.size()));
    }
    each_value(fields, cells, [&](auto &value, std::int64_t cell, std::int64_t level) {
        value = static_cast<std::remove_reference_t<decltype(value)>>(
            value_at(cell, level, step));
    });
    return fields;
}

bool holds(std::vector<Rows> &fields, const Cells &cells, int step) {
    bool right = true;
    for (const Rows &rows : fields) {
        right &= rows.count() == static_cast<std::int64_t>(cells.size());
    }
    if (right) {
        each_value(fields, cells,
                   [&](auto &value, std::int64_t cell, std::int64_t level) {
                       right &= static_cast<double>(value) ==
                                static_cast<float>(value_at(cell, level, step));
                   });
    }
    return right;
}

struct Count {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
    std::int64_t buffers = 0;
    bool moves_nothing = false;
};

// From one decomposition to another one (where a cell may be wanted twice), `steps`
// times; empty where a value is wrong.
std::vector<Count> exchange(const Decomposition &from, const Decomposition &to,
                            int steps = 3) {
    std::vector<Count> counts(from.size());
    std::vector<int> right(from.size(), 0);
    run_ranks(static_cast<int>(from.size()), [&](const gwparam_transport &transport) {
        const Communicator communicator(transport);
        const auto rank = static_cast<std::size_t>(communicator.rank());
        const Directory directory(communicator, host::cells, from[rank], numbered);
        const Plan plan =
            make_plan(communicator, directory,
                      static_cast<std::int64_t>(from[rank].size()), to[rank]);
        Exchange exchange(plan);
        bool fine =
            exchange.rows_given() == static_cast<std::int64_t>(from[rank].size()) &&
            exchange.rows_wanted() == static_cast<std::int64_t>(to[rank].size());
        std::vector<Rows> wanted = two_fields();
        std::int64_t buffers = -1;
        for (int step = 0; step < steps; ++step) {
            exchange.run(communicator, filled(from[rank], step), wanted);
            fine &= holds(wanted, to[rank], step);
            fine &= step == 0 || exchange.buffer_bytes() == buffers;
            buffers = exchange.buffer_bytes();
        }
        counts[rank] = {exchange.messages(), exchange.message_bytes(), buffers,
                        plan.moves_nothing()};
        right[rank] = fine ? 1 : 0;
    });
    return right == std::vector<int>(from.size(), 1) ? counts : std::vector<Count>();
}

Decomposition all_on(int owner, int ranks) {
    Decomposition decomposition(static_cast<std::size_t>(ranks));
    decomposition[static_cast<std::size_t>(owner)] = host::bands(1)[0];
    return decomposition;
}

// Each rank wants its own cells, and those of the next rank, the last ones first.
Decomposition with_halo(const Decomposition &from) {
    Decomposition to = from;
    for (std::size_t rank = 0; rank < from.size(); ++rank) {
        const Cells &next = from[(rank + 1) % from.size()];
        to[rank].insert(to[rank].end(), next.rbegin(), next.rend());
    }
    return to;
}

void test_plans() {
    struct Named {
        const char *name;
        Decomposition (*make)(int);
    };
    const Named all[] = {{"bands", host::bands},
                         {"blocks", host::blocks},
                         {"scattered", host::scattered},
                         {"odd ranks", host::on_odd_ranks}};
    for (const Named &from : all) {
        bool fine = true;
        for (const int ranks : {1, 2, 3, 4, 8}) {
            for (const Named &to : all) {
                fine &= !exchange(from.make(ranks), to.make(ranks)).empty();
            }
            fine &= !exchange(from.make(ranks), with_halo(from.make(ranks))).empty();
            fine &= !exchange(from.make(ranks), all_on(ranks - 1, ranks)).empty();
            fine &= !exchange(all_on(ranks - 1, ranks), from.make(ranks)).empty();
        }
        ok(fine, (std::string("from ") + from.name + " to all others").c_str());
    }
}

void test_counts() {
    constexpr std::int64_t record = wide * 8 + narrow * 4;
    std::vector<Count> counts = exchange(host::scattered(4), host::scattered(4));
    bool still = counts.size() == 4;
    for (const Count &count : counts) {
        still &= count.moves_nothing && count.messages == 0 && count.bytes == 0 &&
                 count.buffers == 0;
    }
    ok(still, "what is in its place does not move");

    counts = exchange(host::bands(4), all_on(0, 4));
    ok(counts.size() == 4 && counts[0].messages == 0 && counts[1].messages == 3 &&
           counts[1].bytes == 3 * 10 * record && counts[1].buffers == 10 * record &&
           counts[0].buffers == 30 * record,
       "one message a pair of ranks, of all fields");

    Decomposition turned = host::bands(2);
    for (Cells &cells : turned) {
        std::swap(cells.front(), cells.back());
    }
    counts = exchange(host::bands(2), turned);
    ok(counts.size() == 2 && counts[0].messages == 0 && !counts[0].moves_nothing,
       "an order that differs is no message");
}

// Resident memory after many exchanges between three ranks.
void test_memory() {
    constexpr int exchanges = 10000;
    constexpr int ranks = 3;
    const Decomposition from = host::bands(ranks);
    const Decomposition to = with_halo(host::scattered(ranks));
    long growth = 0;
    bool fine = true;
    run_ranks(ranks, [&](const gwparam_transport &transport) {
        const Communicator communicator(transport);
        const auto rank = static_cast<std::size_t>(communicator.rank());
        const Directory directory(communicator, host::cells, from[rank], numbered);
        Exchange exchange(make_plan(communicator, directory,
                                    static_cast<std::int64_t>(from[rank].size()),
                                    to[rank]));
        std::vector<Rows> wanted = two_fields();
        MemoryWatch watch;
        for (int n = 0; n < exchanges; ++n) {
            exchange.run(communicator, filled(from[rank], 0), wanted);
            watch.note(n, exchanges);
        }
        if (rank == 0) {
            growth = watch.growth();
            fine = holds(wanted, to[rank], 0);
        }
    });
    printf("# %d exchanges, growth %ld bytes\n", exchanges, growth);
    ok(fine && growth <= largest_growth, "memory stays what it was");
}

} // namespace

int main(int argc, char **) {
    test_plans();
    test_counts();
    if (argc == 1) { // any argument: a short run, under a tool with memory of its own
        test_memory();
    }
    return done_testing();
}

// What ranks tell each other: agreements, texts, lists; and a rank that is alone.
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ranks/communicator.hpp"
#include "rows_and_errors.hpp"
#include "said_by_ranks.hpp"
#include "tap.h"

namespace {

using gwparam::Communicator;
using gwparam::Error;
using gwparam::Outcome;

constexpr std::size_t ranks = 4;

void test_outcome() {
    Outcome outcome;
    int runs = 0;
    outcome.attempt([&] { ++runs; });
    ok(!outcome.failed() && runs == 1, "what goes well leaves nothing");
    outcome.attempt([] { throw Error(GWPARAM_ERR_FILE, "first"); });
    outcome.attempt([&] { ++runs; });
    outcome.keep(Error(GWPARAM_ERR_SHAPE, "second"));
    ok(outcome.failed() && outcome.error()->status() == GWPARAM_ERR_FILE &&
           std::string(outcome.error()->what()) == "first" && runs == 1,
       "the first failure stays, and nothing is tried after it");
    outcome.clear();
    outcome.attempt([] { throw std::bad_alloc(); });
    ok(outcome.error()->status() == GWPARAM_ERR_MEMORY &&
           std::string(outcome.error()->what()) == "out of memory",
       "out of memory");
    outcome.clear();
    outcome.attempt([] { throw std::logic_error("a bug"); });
    ok(outcome.error()->status() == GWPARAM_ERR_INTERNAL &&
           std::string(outcome.error()->what()) == "a bug",
       "any other exception");
}

void test_alone() {
    const Communicator communicator;
    Outcome outcome;
    std::string text = "as it is";
    communicator.broadcast(0, text);
    ok(communicator.alone() && communicator.rank() == 0 &&
           communicator.node_ranks() == std::vector<int>{0} && text == "as it is" &&
           communicator.agree(outcome, {7, -7, 1, 2}) ==
               Communicator::Values{7, -7, 1, 2} &&
           communicator.all_to_all({{3, 1}}) == Communicator::Lists{{3, 1}} &&
           communicator.gather({5, 6}) == std::vector<std::int64_t>{5, 6},
       "a rank alone agrees with itself");
    outcome.keep(Error(GWPARAM_ERR_RANGE, "too much"));
    bool is_plain = false;
    try {
        communicator.agree(outcome);
    } catch (const Error &e) {
        is_plain = std::string(e.what()) == "too much";
    }
    ok(is_plain && !outcome.failed(), "and names no rank in a failure");
}

void test_gather() {
    std::vector<std::vector<std::int64_t>> found(ranks);
    ok(all_say(said_by_ranks(ranks,
                             [&](const Communicator &communicator, std::size_t rank) {
                                 const auto r = static_cast<std::int64_t>(rank);
                                 found[rank] = communicator.gather({r, 10 * r});
                             }),
               "") &&
           found[0] == std::vector<std::int64_t>{0, 0, 1, 10, 2, 20, 3, 30} &&
           found[1].empty() && found[3].empty(),
       "rank 0 has the lists of all, in the order of the ranks");
    ok(all_say(said_by_ranks(
                   ranks,
                   [](const Communicator &communicator, std::size_t rank) {
                       communicator.gather(
                           std::vector<std::int64_t>(rank == 2 ? 2 : 1));
                   },
                   GWPARAM_ERR_SHAPE),
               "ranks gather 1 to 2 numbers, expected as many on all"),
       "lists of one length alone");
}

void test_agree() {
    std::vector<Communicator::Values> least(ranks);
    ok(all_say(said_by_ranks(ranks,
                             [&](const Communicator &communicator, std::size_t rank) {
                                 Outcome outcome;
                                 const auto r = static_cast<std::int64_t>(rank);
                                 least[rank] =
                                     communicator.agree(outcome, {10 - r, r, -r, 5});
                             }),
               "") &&
           least == std::vector<Communicator::Values>(ranks, {7, 0, -3, 5}),
       "the least of each value, on all ranks");
    std::vector<int> cleared(ranks, 0);
    const auto said = said_by_ranks(
        ranks,
        [&](const Communicator &communicator, std::size_t rank) {
            Outcome outcome;
            if (rank == 1 || rank == 3) {
                outcome.keep(
                    Error(GWPARAM_ERR_SHAPE, "bad on " + std::to_string(rank)));
            }
            try {
                communicator.agree(outcome);
            } catch (...) {
                cleared[rank] = outcome.failed() ? 0 : 1;
                communicator.agree(outcome); // goes well: what failed is told
                throw;
            }
        },
        GWPARAM_ERR_SHAPE);
    ok(all_say(said, "rank 1: bad on 1") && cleared == std::vector<int>(ranks, 1),
       "the failure of the lowest rank, with its number, once");
    ok(all_say(said_by_ranks(
                   ranks,
                   [](const Communicator &communicator, std::size_t rank) {
                       communicator.together([&] {
                           if (rank == 2) {
                               throw std::bad_alloc();
                           }
                       });
                   },
                   GWPARAM_ERR_MEMORY),
               "rank 2: out of memory"),
       "what throws on one rank throws on all");
}

void test_texts_and_lists() {
    const auto said =
        said_by_ranks(ranks, [](const Communicator &communicator, std::size_t rank) {
            std::string text = rank == 2 ? "of two" : "of another length";
            communicator.broadcast(2, text);
            std::string nothing = rank == 0 ? "" : "something";
            communicator.broadcast(0, nothing);
            if (text != "of two" || !nothing.empty()) {
                gwparam::reject_argument("another text: " + text + nothing);
            }
            // To rank r go r numbers, and none from rank 1.
            Communicator::Lists given(ranks);
            for (std::size_t to = 0; to < ranks; ++to) {
                for (std::size_t n = 0; n < to && rank != 1; ++n) {
                    given[to].push_back(static_cast<std::int64_t>(100 * rank + n));
                }
            }
            const Communicator::Lists taken = communicator.all_to_all(given);
            for (std::size_t from = 0; from < ranks; ++from) {
                std::vector<std::int64_t> expected;
                for (std::size_t n = 0; n < rank && from != 1; ++n) {
                    expected.push_back(static_cast<std::int64_t>(100 * from + n));
                }
                if (taken[from] != expected) {
                    gwparam::reject_argument("another list");
                }
            }
        });
    ok(all_say(said, ""), "texts of one rank, lists between all, empty ones too");
}

// A message to the next rank, from the one before.
void test_messages() {
    const auto said =
        said_by_ranks(ranks, [](const Communicator &communicator, std::size_t rank) {
            const double sent = 1.5 * static_cast<double>(rank);
            double received = -1.0;
            const auto before = static_cast<std::int32_t>((rank + ranks - 1) % ranks);
            const auto next = static_cast<std::int32_t>((rank + 1) % ranks);
            double copy = sent;
            communicator.start({{&received, sizeof received, before, 0}},
                               {{&copy, sizeof copy, next, 0}});
            communicator.finish();
            if (received != 1.5 * before) {
                gwparam::reject_argument("another value");
            }
        });
    ok(all_say(said, ""), "messages");
}

int times_left = 0;
std::string why_left;

gwparam_transport lonely() {
    static const std::int32_t node[] = {0};
    gwparam_transport table{};
    table.struct_size = sizeof table;
    table.size = 1;
    table.node_size = 1;
    table.node_ranks = node;
    table.agree = [](void *, gwparam_agreement *) {};
    table.broadcast = [](void *, std::int32_t, void *, std::int64_t, char *) {
        return gwparam_status{GWPARAM_OK};
    };
    table.all_to_all = [](void *, const void *, const std::int64_t *, void *,
                          const std::int64_t *,
                          char *) { return gwparam_status{GWPARAM_OK}; };
    table.start = [](void *, const gwparam_message *, std::int64_t,
                     const gwparam_message *, std::int64_t, char *text) {
        std::snprintf(text, GWPARAM_TEXT_BYTES, "the wire is cut");
        return gwparam_status{GWPARAM_ERR_RANK};
    };
    table.finish = [](void *, char *) { return gwparam_status{GWPARAM_OK}; };
    table.leave = [](void *, const char *reason) {
        ++times_left;
        why_left = reason;
    };
    return table;
}

void test_table() {
    {
        Communicator first(lonely());
        const Communicator second(std::move(first));
        ok(throws(GWPARAM_ERR_RANK, "the wire is cut", [&] { second.start({}, {}); }),
           "a transport's failure becomes an error");
    }
    ok(times_left == 1 && why_left == "its scheme was freed",
       "a rank leaves once, whoever moved it");

    const auto refuses = [](gwparam_transport table, const char *text) {
        times_left = 0;
        const bool is_refused =
            throws(GWPARAM_ERR_ARGUMENT, text, [&] { const Communicator made(table); });
        return is_refused && times_left == (table.leave == nullptr ? 0 : 1);
    };
    gwparam_transport table = lonely();
    table.struct_size -= 1;
    ok(refuses(table, "the transport's struct_size is "), "a table of another size");
    table = lonely();
    table.finish = nullptr;
    ok(refuses(table, "the transport lacks a function"), "a function that is missing");
    table = lonely();
    table.leave = nullptr;
    ok(refuses(table, "the transport lacks a function"), "and that of leaving");
    table = lonely();
    table.rank = 1;
    ok(refuses(table, "the transport has rank 1 of 1, 1 on this node"),
       "a rank that there is not");
    table = lonely();
    table.node_size = 2;
    ok(refuses(table, "rank 0 of 1, 2 on this node"),
       "more ranks on a node than in all");
}

} // namespace

int main() {
    test_outcome();
    test_alone();
    test_agree();
    test_gather();
    test_texts_and_lists();
    test_messages();
    test_table();
    return done_testing();
}

// The transport by itself, one case in a run: transport CASE [RANK]. Every rank checks
// what it sees; test_transport.py runs the cases.
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <mpi.h>

#include "mpi_transport.hpp"

namespace {

constexpr double timeout = 1.0;
constexpr double absence = 3.0;    // beyond the timeout: the others have given up
constexpr double at_once = 0.7;    // on a loaded machine, and well below the timeout
constexpr double in_the_end = 6.0; // the timeout, and the search for the culprit

int checks = 0;
int failures = 0;
int world_rank = 0;
int chosen = 0; // the rank that misbehaves

void check(bool passed, const std::string &what) {
    ++checks;
    if (!passed) {
        ++failures;
        std::printf("rank %d failed: %s\n", world_rank, what.c_str());
    }
}

void check_text(const char *text, const std::string &expected) {
    check(text == expected, std::string("'") + text + "', expected '" + expected + "'");
}

void sleep_for(double seconds) {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

template <typename Body> double seconds_of(Body &&body) {
    const double start = MPI_Wtime();
    body();
    return MPI_Wtime() - start;
}

// A transport as libgwparam sees it.
struct Ranks {
    gwparam_transport table{};
    int rank;
    int size;
    char text[GWPARAM_TEXT_BYTES] = "";

    explicit Ranks(std::int64_t part_bytes = gwparam::Transfers::default_part_bytes) {
        MPI_Comm communicator = MPI_COMM_NULL;
        MPI_Comm_dup(MPI_COMM_WORLD, &communicator);
        MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN);
        auto *transport = new gwparam::MpiTransport(communicator, timeout, part_bytes);
        transport->find_node();
        table = transport->table();
        rank = table.rank;
        size = table.size;
    }

    gwparam_agreement agree(gwparam_status status = GWPARAM_OK,
                            const char *why = "") const {
        gwparam_agreement agreement{};
        agreement.status = status;
        std::strcpy(agreement.text, why);
        table.agree(table.context, &agreement);
        return agreement;
    }

    gwparam_status broadcast(int root, void *data, std::int64_t bytes) {
        return table.broadcast(table.context, root, data, bytes, text);
    }

    gwparam_status start(const std::vector<gwparam_message> &receives,
                         const std::vector<gwparam_message> &sends) {
        return table.start(table.context, receives.data(),
                           static_cast<std::int64_t>(receives.size()), sends.data(),
                           static_cast<std::int64_t>(sends.size()), text);
    }

    gwparam_status finish() { return table.finish(table.context, text); }

    void leave(const char *reason = "its scheme was freed") {
        table.leave(table.context, reason);
    }
};

std::string rank_text(int rank) { return "rank " + std::to_string(rank); }

std::string absent_text(int rank) {
    return rank_text(rank) + " did not answer within 1 s";
}

void check_lost(const gwparam_agreement &agreement, const std::string &expected) {
    check(agreement.status == GWPARAM_ERR_RANK, "status is ERR_RANK");
    check_text(agreement.text, expected);
}

void agreement_is_the_worst_and_the_least() {
    Ranks ranks;
    gwparam_agreement all{};
    for (int i = 0; i < GWPARAM_AGREED_VALUES; ++i) {
        all.values[i] = 10 * ((ranks.rank + i) % ranks.size) - 5;
    }
    ranks.table.agree(ranks.table.context, &all);
    check(all.status == GWPARAM_OK, "all are well");
    check(std::all_of(all.values, all.values + GWPARAM_AGREED_VALUES,
                      [](std::int64_t value) { return value == -5; }),
          "the least values");

    // Every rank above `first` fails in its own way.
    for (int first = 0; first < ranks.size; ++first) {
        const bool fails = ranks.rank >= first;
        const auto said = ranks.agree(fails ? -2 - ranks.rank % 4 : GWPARAM_OK,
                                      ("why " + rank_text(ranks.rank)).c_str());
        check(said.status == -2 - first % 4 && said.rank == first, "lowest that fails");
        check_text(said.text, "why " + rank_text(first));
    }
    check(ranks.agree().status == GWPARAM_OK, "a failure of the host is forgotten");
    ranks.leave();
}

void node_ranks_are_all_ranks_of_one_machine() {
    Ranks ranks;
    std::vector<int> expected(static_cast<std::size_t>(ranks.size));
    std::iota(expected.begin(), expected.end(), 0);
    check(ranks.table.node_size == ranks.size, "node_size");
    check(std::equal(expected.begin(), expected.end(), ranks.table.node_ranks),
          "node_ranks");
    ranks.leave();
}

void broadcast_reaches_all() {
    Ranks ranks(1000); // so that the long message travels in parts
    for (int root = 0; root < ranks.size; ++root) {
        for (const int n : {0, 1, 5000}) {
            std::vector<char> data(static_cast<std::size_t>(n), 'x');
            std::vector<char> expected(data.size());
            for (int i = 0; i < n; ++i) {
                expected[static_cast<std::size_t>(i)] = static_cast<char>(i * 7 + root);
            }
            if (ranks.rank == root) {
                data = expected;
            }
            check(ranks.broadcast(root, data.data(), n) == GWPARAM_OK, "broadcast");
            check(data == expected, "its data");
        }
    }
    ranks.leave();
}

// Number of values that rank `from` sends rank `to`: uneven, none for some pairs.
int amount(int from, int to) { return (3 * from + 5 * to) % 4 * (1 + from); }

int value(int from, int to, int i) { return 1000000 * from + 1000 * to + i; }

void all_to_all_takes_any_sizes() {
    Ranks ranks;
    std::vector<std::int64_t> send_bytes;
    std::vector<std::int64_t> receive_bytes;
    std::vector<int> send;
    std::vector<int> expected;
    for (int rank = 0; rank < ranks.size; ++rank) {
        send_bytes.push_back(4 * amount(ranks.rank, rank));
        receive_bytes.push_back(4 * amount(rank, ranks.rank));
        for (int i = 0; i < amount(ranks.rank, rank); ++i) {
            send.push_back(value(ranks.rank, rank, i));
        }
        for (int i = 0; i < amount(rank, ranks.rank); ++i) {
            expected.push_back(value(rank, ranks.rank, i));
        }
    }
    std::vector<int> receive(expected.size(), -1);
    check(ranks.table.all_to_all(ranks.table.context, send.data(), send_bytes.data(),
                                 receive.data(), receive_bytes.data(),
                                 ranks.text) == GWPARAM_OK,
          "all_to_all");
    check(receive == expected, "its data");
    ranks.leave();
}

// What one rank exchanges with all others: n(from, to) integers.
struct Exchange {
    std::map<int, std::vector<int>> received;
    std::map<int, std::vector<int>> sent;
    std::vector<gwparam_message> receives;
    std::vector<gwparam_message> sends;

    template <typename Amount> Exchange(const Ranks &ranks, Amount n) {
        for (int rank = 0; rank < ranks.size; ++rank) {
            if (rank == ranks.rank) {
                continue;
            }
            received[rank].assign(static_cast<std::size_t>(n(rank, ranks.rank)), -1);
            for (int i = 0; i < n(ranks.rank, rank); ++i) {
                sent[rank].push_back(value(ranks.rank, rank, i));
            }
            receives.push_back(message(rank, received[rank]));
            sends.push_back(message(rank, sent[rank]));
        }
    }

    static gwparam_message message(int rank, std::vector<int> &data) {
        return {data.data(), static_cast<std::int64_t>(4 * data.size()), rank, 0};
    }

    void check_received(const Ranks &ranks) const {
        for (const auto &[from, data] : received) {
            bool equal = true;
            for (std::size_t i = 0; i < data.size(); ++i) {
                equal =
                    equal && data[i] == value(from, ranks.rank, static_cast<int>(i));
            }
            check(equal, "data of " + rank_text(from));
        }
    }
};

void messages_arrive(std::int64_t part_bytes) {
    Ranks ranks(part_bytes);
    // Small and uneven; then nobody but the last rank, to and from it, some MB.
    for (int step = 0; step < 3; ++step) {
        Exchange small(ranks,
                       [&](int from, int to) { return amount(from, to) + step; });
        check(ranks.start(small.receives, small.sends) == GWPARAM_OK, "start");
        check(ranks.agree().status == GWPARAM_OK, "an agreement in between");
        check(ranks.finish() == GWPARAM_OK, "finish");
        small.check_received(ranks);

        Exchange large(ranks, [&](int from, int to) {
            const int last = ranks.size - 1;
            return from == last || to == last ? 700000 + 1000 * from + to : 0;
        });
        check(ranks.start(large.receives, large.sends) == GWPARAM_OK, "start");
        check(ranks.finish() == GWPARAM_OK, "finish");
        large.check_received(ranks);
    }
    check(ranks.start({}, {}) == GWPARAM_OK && ranks.finish() == GWPARAM_OK,
          "no messages at all");
    ranks.leave();
}

void absent_rank_is_named() {
    Ranks ranks;
    MPI_Barrier(MPI_COMM_WORLD);
    if (ranks.rank == chosen) {
        sleep_for(timeout + absence);
        gwparam_agreement said{};
        check(seconds_of([&] { said = ranks.agree(); }) < at_once,
              "it learns the verdict when it comes");
        check_lost(said, absent_text(chosen));
    } else {
        gwparam_agreement said{};
        const double seconds = seconds_of([&] { said = ranks.agree(); });
        check_lost(said, absent_text(chosen));
        check(said.rank == chosen, "agreement.rank");
        check(seconds > 0.9 * timeout && seconds < timeout + 4.0,
              "in time: " + std::to_string(seconds));
    }
    ranks.leave();
}

// Every other rank comes late, so late that another one waits for it in vain.
void absent_rank_is_named_not_a_late_one() {
    Ranks ranks;
    MPI_Barrier(MPI_COMM_WORLD);
    if (ranks.rank == chosen) {
        sleep_for(timeout + absence);
    } else if (ranks.rank % 2 == 0) {
        sleep_for(0.8 * timeout);
    }
    check_lost(ranks.agree(), absent_text(chosen));
    ranks.leave();
}

void absent_sender_is_named() {
    Ranks ranks;
    Exchange exchange(ranks, [](int, int) { return 1000; });
    check(ranks.agree().status == GWPARAM_OK, "agree");
    if (ranks.rank == chosen) {
        sleep_for(timeout + absence);
        check(ranks.start(exchange.receives, exchange.sends) == GWPARAM_OK, "start");
        check(seconds_of([&] {
                  check(ranks.finish() == GWPARAM_ERR_RANK, "finish fails");
              }) < at_once,
              "it learns the verdict when it comes");
    } else {
        check(ranks.start(exchange.receives, exchange.sends) == GWPARAM_OK, "start");
        const double seconds = seconds_of(
            [&] { check(ranks.finish() == GWPARAM_ERR_RANK, "finish fails"); });
        check(seconds < in_the_end, "in time: " + std::to_string(seconds));
        check(std::all_of(exchange.received.begin(), exchange.received.end(),
                          [](const auto &item) {
                              return item.second == std::vector<int>(1000, -1);
                          }),
              "what arrived is not handed over");
    }
    check_text(ranks.text, absent_text(chosen));
    ranks.leave();
}

// The chosen rank goes to sleep between start() and finish(), so that its large
// messages have met their receivers, who give up and unmap the memory that they lent.
void lent_memory_is_left_alone_after_a_failure() {
    constexpr std::int64_t bytes = 8 << 20;
    Ranks ranks;
    std::vector<gwparam_message> receives;
    std::vector<gwparam_message> sends;
    std::vector<void *> maps;
    for (int rank = 0; rank < ranks.size; ++rank) {
        if (rank != ranks.rank) {
            for (auto *list : {&receives, &sends}) {
                maps.push_back(mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
                list->push_back({maps.back(), bytes, rank, 0});
            }
        }
    }
    check(ranks.agree().status == GWPARAM_OK, "agree");
    if (ranks.rank == chosen) {
        check(ranks.start(receives, sends) == GWPARAM_OK, "start");
        sleep_for(timeout + absence);
    } else {
        sleep_for(0.2);
        check(ranks.start(receives, sends) == GWPARAM_OK, "start");
    }
    // MPI may have brought all that the chosen rank sent, but it takes nothing itself.
    const gwparam_status status = ranks.finish();
    check(status == GWPARAM_ERR_RANK || ranks.rank == chosen, "finish fails");
    for (void *map : maps) {
        munmap(map, bytes);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    ranks.leave();
    MPI_Barrier(MPI_COMM_WORLD);
}

void rank_that_leaves_is_named_at_once() {
    Ranks ranks;
    check(ranks.agree().status == GWPARAM_OK, "agree");
    if (ranks.rank == chosen) {
        ranks.leave("its scheme was freed");
    } else {
        gwparam_agreement said{};
        check(seconds_of([&] { said = ranks.agree(); }) < at_once, "at once");
        check_lost(said, rank_text(chosen) + " left: its scheme was freed");
        ranks.leave();
    }
}

// The others are in finish(), where some wait for nothing of the rank that left.
void rank_that_leaves_in_a_step_is_named() {
    Ranks ranks;
    Exchange exchange(ranks, [](int, int) { return 1000; });
    check(ranks.agree().status == GWPARAM_OK, "agree");
    if (ranks.rank == chosen) {
        ranks.leave("its scheme was freed");
        return;
    }
    gwparam_status status = GWPARAM_OK;
    const double seconds = seconds_of([&] {
        status = ranks.start(exchange.receives, exchange.sends);
        status = status == GWPARAM_OK ? ranks.finish() : status;
    });
    check(status == GWPARAM_ERR_RANK, "fails");
    check(seconds < at_once, "at once");
    check_text(ranks.text, rank_text(chosen) + " left: its scheme was freed");
    ranks.leave();
}

// Whatever a rank owes to a call it gave before it left.
void last_call_ends_well_though_ranks_leave() {
    for (int i = 0; i < 50; ++i) {
        Ranks ranks;
        Exchange exchange(ranks, [](int, int) { return 2000; });
        check(ranks.start(exchange.receives, exchange.sends) == GWPARAM_OK, "start");
        check(ranks.finish() == GWPARAM_OK, "finish");
        exchange.check_received(ranks);
        check(ranks.agree().status == GWPARAM_OK, "agree");
        check(seconds_of([&] { ranks.leave(); }) < at_once, "nobody waits to leave");
    }
}

void ranks_in_different_calls_are_told() {
    Ranks ranks;
    check(ranks.agree().status == GWPARAM_OK, "agree");
    int data = 0;
    if (ranks.rank == chosen) {
        check(ranks.broadcast(0, &data, sizeof data) == GWPARAM_ERR_RANK, "broadcast");
    } else {
        const auto said = ranks.agree();
        check(said.status == GWPARAM_ERR_RANK, "agree");
        std::strcpy(ranks.text, said.text);
    }
    check(std::strstr(ranks.text, " is in another call (") != nullptr, ranks.text);
    check(std::strstr(ranks.text, "broadcast, call 3") != nullptr, ranks.text);
    check(std::strstr(ranks.text, "agree, call 3") != nullptr, ranks.text);
    ranks.leave();
}

void rank_that_skips_a_step_is_told() {
    Ranks ranks;
    Exchange exchange(ranks, [](int, int) { return 1000; });
    check(ranks.agree().status == GWPARAM_OK, "agree");
    const auto fails = [&] {
        if (ranks.rank == chosen) {
            // The numbers of the calls stay equal, as with another call in its place.
            check(ranks.start({}, {}) == GWPARAM_OK, "start");
            const auto said = ranks.agree();
            std::strcpy(ranks.text, said.text);
            return said.status;
        }
        check(ranks.start(exchange.receives, exchange.sends) == GWPARAM_OK, "start");
        return ranks.finish();
    };
    check(fails() == GWPARAM_ERR_RANK, "fails");
    check(std::strstr(ranks.text, " is in another call (") != nullptr, ranks.text);
    ranks.leave();
}

void broadcasts_must_be_alike() {
    Ranks ranks;
    char data[8] = "";
    check(ranks.broadcast(0, data, ranks.rank == chosen ? 4 : 8) == GWPARAM_ERR_RANK,
          "fails");
    check(std::strstr(ranks.text, " broadcasts something else than rank ") != nullptr,
          ranks.text);
    ranks.leave();
}

void message_of_another_size_is_told() {
    Ranks ranks;
    Exchange exchange(ranks, [](int, int) { return 100; });
    if (ranks.rank == chosen) {
        for (auto &message : exchange.sends) {
            message.bytes -= 4;
        }
    }
    check(ranks.start(exchange.receives, exchange.sends) == GWPARAM_OK, "start");
    gwparam_status status = ranks.finish();
    if (ranks.rank == chosen && status == GWPARAM_OK) { // it received all
        std::strcpy(ranks.text, ranks.agree().text);
    } else {
        check(status == GWPARAM_ERR_RANK, "finish fails");
    }
    check(std::strstr(ranks.text,
                      (rank_text(chosen) + " sent 396 bytes, expected 400").c_str()) !=
              nullptr,
          ranks.text);
    ranks.leave();
}

void after_a_loss_every_call_fails_at_once() {
    Ranks ranks;
    MPI_Barrier(MPI_COMM_WORLD);
    if (ranks.rank == chosen) {
        sleep_for(timeout + absence);
    }
    int data = ranks.rank;
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(ranks.size), 0);
    check_lost(ranks.agree(), absent_text(chosen));
    const double seconds = seconds_of([&] {
        for (int i = 0; i < 10; ++i) {
            check_lost(ranks.agree(), absent_text(chosen));
            check(ranks.broadcast(0, &data, sizeof data) == GWPARAM_ERR_RANK,
                  "broadcast");
            check(ranks.start({}, {}) == GWPARAM_ERR_RANK, "start");
            check(ranks.finish() == GWPARAM_ERR_RANK, "finish");
            check(ranks.table.all_to_all(ranks.table.context, &data, sizes.data(),
                                         &data, sizes.data(),
                                         ranks.text) == GWPARAM_ERR_RANK,
                  "all_to_all");
            check_text(ranks.text, absent_text(chosen));
        }
    });
    check(seconds < at_once, "at once");
    check(data == ranks.rank, "data are as they were");
    ranks.leave();
}

long resident_kilobytes() {
    long size = 0;
    long resident = 0;
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    check(std::fscanf(file, "%ld %ld", &size, &resident) == 2, "statm");
    std::fclose(file);
    return 4 * resident;
}

void memory_stays_flat() {
    Ranks ranks;
    Exchange exchange(ranks, [](int, int) { return 5000; });
    long before = 0;
    for (int step = 0; step < 1500; ++step) {
        if (step == 500) { // MPI's own pools have grown by then
            before = resident_kilobytes();
        }
        check(ranks.agree().status == GWPARAM_OK, "agree");
        check(ranks.start(exchange.receives, exchange.sends) == GWPARAM_OK, "start");
        check(ranks.finish() == GWPARAM_OK, "finish");
    }
    const long grown = resident_kilobytes() - before;
    check(grown < 500, "grown by " + std::to_string(grown) + " kB");
    ranks.leave();
}

double processor_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &time) {
        return static_cast<double>(time.tv_sec) +
               1e-6 * static_cast<double>(time.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void waiting_leaves_the_cores_alone() {
    Ranks ranks;
    check(ranks.agree().status == GWPARAM_OK, "agree");
    if (ranks.rank == chosen) {
        sleep_for(0.9 * timeout);
        check(ranks.agree().status == GWPARAM_OK, "agree");
    } else {
        const double before = processor_seconds();
        check(ranks.agree().status == GWPARAM_OK, "agree");
        const double used = processor_seconds() - before;
        std::printf("rank %d used %.1f %% of a core\n", world_rank,
                    100.0 * used / (0.9 * timeout));
        check(used < 0.1 * timeout, "used " + std::to_string(used) + " s");
    }
    ranks.leave();
}

void nothing_is_called_after_finalize() {
    auto *ranks = new Ranks;
    check(ranks->agree().status == GWPARAM_OK, "agree");
    MPI_Finalize();
    check_lost(ranks->agree(), "MPI was finalised before the scheme was freed");
    ranks->leave();
    delete ranks;
}

void measure_agreements() {
    Ranks ranks;
    constexpr int n = 2000;
    for (int i = 0; i < 200; ++i) {
        static_cast<void>(ranks.agree());
    }
    const double seconds = seconds_of([&] {
        for (int i = 0; i < n; ++i) {
            check(ranks.agree().status == GWPARAM_OK, "agree");
        }
    });
    if (ranks.rank == 0) {
        std::printf("%d ranks: %.1f microseconds an agreement\n", ranks.size,
                    1e6 * seconds / n);
    }
    const double barriers = seconds_of([&] {
        for (int i = 0; i < n; ++i) {
            MPI_Barrier(MPI_COMM_WORLD);
        }
    });
    if (ranks.rank == 0) {
        std::printf("%d ranks: %.1f microseconds a barrier of MPI\n", ranks.size,
                    1e6 * barriers / n);
    }
    ranks.leave();
}

const std::map<std::string, void (*)()> cases{
    {"agree", agreement_is_the_worst_and_the_least},
    {"node", node_ranks_are_all_ranks_of_one_machine},
    {"broadcast", broadcast_reaches_all},
    {"all_to_all", all_to_all_takes_any_sizes},
    {"messages", [] { messages_arrive(gwparam::Transfers::default_part_bytes); }},
    {"messages_in_parts", [] { messages_arrive(100000); }},
    {"absent", absent_rank_is_named},
    {"absent_and_late", absent_rank_is_named_not_a_late_one},
    {"absent_sender", absent_sender_is_named},
    {"lent_memory", lent_memory_is_left_alone_after_a_failure},
    {"leaves", rank_that_leaves_is_named_at_once},
    {"leaves_in_step", rank_that_leaves_in_a_step_is_named},
    {"all_leave", last_call_ends_well_though_ranks_leave},
    {"different_calls", ranks_in_different_calls_are_told},
    {"skipped_step", rank_that_skips_a_step_is_told},
    {"broadcast_sizes", broadcasts_must_be_alike},
    {"message_size", message_of_another_size_is_told},
    {"after_loss", after_a_loss_every_call_fails_at_once},
    {"memory", memory_stays_flat},
    {"processor", waiting_leaves_the_cores_alone},
    {"finalize", nothing_is_called_after_finalize},
    {"measure", measure_agreements},
};

} // namespace

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
    chosen = argc > 2 ? std::atoi(argv[2]) : 0;
    cases.at(argv[1])();
    int finalized = 0;
    MPI_Finalized(&finalized);
    if (finalized == 0) {
        MPI_Finalize();
    }
    std::printf("rank %d passed %d of %d checks\n", world_rank, checks - failures,
                checks);
    return failures == 0 && checks > 0 ? 0 : 1;
}

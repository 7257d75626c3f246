#include "thread_ranks.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

namespace {

using Bytes = std::vector<unsigned char>;

thread_local int rank_of_thread = 0;
std::atomic<long> starts{0};

// What all ranks see. A rank that is gone, or out of step, has a reason.
struct Board {
    // One agreement, that ranks come to one after the other.
    struct Meeting {
        std::vector<bool> came;
        int missing = 0;
        gwparam_agreement result{};
        std::optional<std::string> failure;
        int missing_rank = 0;
    };

    Board(int ranks, double timeout)
        : size(ranks), timeout_seconds(timeout), gone(static_cast<std::size_t>(ranks)) {
    }

    std::string silent(int rank) const {
        std::ostringstream text;
        text << "rank " << rank << " did not answer within " << timeout_seconds << " s";
        return text.str();
    }

    const int size;
    const double timeout_seconds;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::optional<std::string>> gone;
    std::map<std::pair<int, int>, std::deque<Bytes>> mail; // from, to
    std::map<long, Meeting> meetings;
};

struct Context {
    std::shared_ptr<Board> board;
    int rank;
    std::vector<int> node_ranks;
    long meetings = 0;
    std::vector<gwparam_message> receives; // of start()
    std::optional<std::string> broken;     // out of step with the others
};

using Lock = std::unique_lock<std::mutex>;

// Waits for the condition; false after the time is out.
template <typename Condition>
bool wait_for(Board &board, Lock &lock, Condition &&condition) {
    return board.changed.wait_for(
        lock, std::chrono::duration<double>(board.timeout_seconds), condition);
}

void put_down(Context &context, const std::string &why) {
    context.broken = why;
    auto &gone = context.board->gone[static_cast<std::size_t>(context.rank)];
    if (!gone) {
        gone = why;
    }
    context.board->changed.notify_all();
}

gwparam_status tell(const std::string &why, char *text) {
    std::strncpy(text, why.c_str(), GWPARAM_TEXT_BYTES - 1);
    return GWPARAM_ERR_RANK;
}

void post(Context &context, int to, const void *data, std::int64_t bytes) {
    const auto *first = static_cast<const unsigned char *>(data);
    context.board->mail[{context.rank, to}].emplace_back(first, first + bytes);
    context.board->changed.notify_all();
}

// Takes a message of another rank; the reason where it does not come.
std::optional<std::string> take(Context &context, Lock &lock, int from, void *data,
                                std::int64_t bytes) {
    Board &board = *context.board;
    auto &box = board.mail[{from, context.rank}];
    const auto &gone = board.gone[static_cast<std::size_t>(from)];
    const bool in_time =
        wait_for(board, lock, [&] { return !box.empty() || gone.has_value(); });
    if (box.empty()) {
        put_down(context, in_time ? *gone : board.silent(from));
        return context.broken;
    }
    const Bytes message = std::move(box.front());
    box.pop_front();
    if (message.size() != static_cast<std::size_t>(bytes)) {
        put_down(context, "rank " + std::to_string(from) + " sent " +
                              std::to_string(message.size()) + " bytes, expected " +
                              std::to_string(bytes));
        return context.broken;
    }
    if (bytes > 0) {
        std::memcpy(data, message.data(), message.size());
    }
    return {};
}

void join(Board::Meeting &meeting, const gwparam_agreement &mine) {
    gwparam_agreement &all = meeting.result;
    const bool is_first = meeting.came.empty();
    if (is_first) {
        all = mine;
        return;
    }
    for (int i = 0; i < GWPARAM_AGREED_VALUES; ++i) {
        all.values[i] = std::min(all.values[i], mine.values[i]);
    }
    const bool is_worse =
        mine.status != GWPARAM_OK && (all.status == GWPARAM_OK || mine.rank < all.rank);
    if (is_worse) {
        all.status = mine.status;
        all.rank = mine.rank;
        std::memcpy(all.text, mine.text, sizeof all.text);
    }
}

int first_missing(const Board &board, const Board::Meeting &meeting,
                  bool must_be_gone) {
    for (int rank = 0; rank < board.size; ++rank) {
        const auto i = static_cast<std::size_t>(rank);
        if (!meeting.came[i] && (board.gone[i] || !must_be_gone)) {
            return rank;
        }
    }
    return -1;
}

void agree(void *pointer, gwparam_agreement *agreement) {
    auto &context = *static_cast<Context *>(pointer);
    Board &board = *context.board;
    Lock lock(board.mutex);
    const auto answer = [&](const std::string &why, int rank) {
        put_down(context, why);
        agreement->rank = rank;
        agreement->status = tell(why, agreement->text);
    };
    if (context.broken) {
        answer(*context.broken, context.rank);
        return;
    }
    Board::Meeting &meeting = board.meetings[context.meetings++];
    join(meeting, *agreement);
    meeting.came.resize(static_cast<std::size_t>(board.size));
    meeting.came[static_cast<std::size_t>(context.rank)] = true;
    board.changed.notify_all();
    const bool in_time = wait_for(board, lock, [&] {
        return meeting.failure || first_missing(board, meeting, false) < 0 ||
               first_missing(board, meeting, true) >= 0;
    });
    if (!meeting.failure && first_missing(board, meeting, false) >= 0) {
        const int missing = first_missing(board, meeting, in_time);
        meeting.missing_rank = missing;
        meeting.failure = in_time ? *board.gone[static_cast<std::size_t>(missing)]
                                  : board.silent(missing);
    }
    if (meeting.failure) {
        answer(*meeting.failure, meeting.missing_rank);
        return;
    }
    *agreement = meeting.result;
    board.meetings.erase(context.meetings - 2); // all have read the one before
}

gwparam_status broadcast(void *pointer, int32_t root, void *data, int64_t bytes,
                         char *text) {
    auto &context = *static_cast<Context *>(pointer);
    Lock lock(context.board->mutex);
    if (context.broken) {
        return tell(*context.broken, text);
    }
    if (context.rank != root) {
        const auto failure = take(context, lock, root, data, bytes);
        return failure ? tell(*failure, text) : GWPARAM_OK;
    }
    for (int rank = 0; rank < context.board->size; ++rank) {
        if (rank != root) {
            post(context, rank, data, bytes);
        }
    }
    return GWPARAM_OK;
}

gwparam_status all_to_all(void *pointer, const void *send, const int64_t *send_bytes,
                          void *receive, const int64_t *receive_bytes, char *text) {
    auto &context = *static_cast<Context *>(pointer);
    Lock lock(context.board->mutex);
    if (context.broken) {
        return tell(*context.broken, text);
    }
    const auto *outgoing = static_cast<const unsigned char *>(send);
    for (int rank = 0; rank < context.board->size; ++rank) {
        post(context, rank, outgoing, send_bytes[rank]);
        outgoing += send_bytes[rank];
    }
    auto *incoming = static_cast<unsigned char *>(receive);
    for (int rank = 0; rank < context.board->size; ++rank) {
        const auto failure = take(context, lock, rank, incoming, receive_bytes[rank]);
        if (failure) {
            return tell(*failure, text);
        }
        incoming += receive_bytes[rank];
    }
    return GWPARAM_OK;
}

gwparam_status start(void *pointer, const gwparam_message *receives, int64_t n_receives,
                     const gwparam_message *sends, int64_t n_sends, char *text) {
    auto &context = *static_cast<Context *>(pointer);
    const Lock lock(context.board->mutex);
    ++starts;
    if (context.broken) {
        return tell(*context.broken, text);
    }
    for (int64_t i = 0; i < n_sends; ++i) {
        if (sends[i].rank == context.rank) {
            return tell("a rank writes to itself", text);
        }
        post(context, sends[i].rank, sends[i].data, sends[i].bytes);
    }
    context.receives.assign(receives, receives + n_receives);
    return GWPARAM_OK;
}

gwparam_status finish(void *pointer, char *text) {
    auto &context = *static_cast<Context *>(pointer);
    Lock lock(context.board->mutex);
    if (context.broken) {
        return tell(*context.broken, text);
    }
    for (const gwparam_message &message : context.receives) {
        const auto failure =
            take(context, lock, message.rank, message.data, message.bytes);
        if (failure) {
            return tell(*failure, text);
        }
    }
    context.receives.clear();
    return GWPARAM_OK;
}

void leave(void *pointer, const char *reason) {
    const std::unique_ptr<Context> context(static_cast<Context *>(pointer));
    const Lock lock(context->board->mutex);
    put_down(*context,
             "rank " + std::to_string(context->rank) + " left: " + std::string(reason));
}

gwparam_transport table_of(const std::shared_ptr<Board> &board, int rank,
                           int ranks_per_node) {
    auto context = std::make_unique<Context>();
    context->board = board;
    context->rank = rank;
    const int per_node = ranks_per_node > 0 ? ranks_per_node : board->size;
    const int first = rank / per_node * per_node;
    for (int mate = first; mate < std::min(first + per_node, board->size); ++mate) {
        context->node_ranks.push_back(mate);
    }
    gwparam_transport table{};
    table.struct_size = sizeof table;
    table.rank = rank;
    table.size = board->size;
    table.node_size = static_cast<int32_t>(context->node_ranks.size());
    table.node_ranks = context->node_ranks.data();
    table.agree = agree;
    table.broadcast = broadcast;
    table.all_to_all = all_to_all;
    table.start = start;
    table.finish = finish;
    table.leave = leave;
    table.context = context.release(); // until leave()
    return table;
}

} // namespace

void run_ranks(int size, const std::function<void(const gwparam_transport &)> &body,
               const RankSettings &settings) {
    const auto board = std::make_shared<Board>(size, settings.timeout_seconds);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; ++rank) {
        threads.emplace_back([&, rank] {
            rank_of_thread = rank;
            body(table_of(board, rank, settings.ranks_per_node));
        });
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

int this_rank() { return rank_of_thread; }

long transport_starts() { return starts; }

#include "ranks/communicator.hpp"

#include <cstring>
#include <utility>

namespace gwparam {

namespace {

// The text of a transport's failure, and the exception that it becomes.
class Reason {
  public:
    char *text() { return text_.data(); }
    void check(gwparam_status status) {
        if (status != GWPARAM_OK) {
            text_.back() = '\0';
            throw Error(status, text_.data());
        }
    }

  private:
    std::array<char, GWPARAM_TEXT_BYTES> text_{};
};

void check_table(const gwparam_transport &table) {
    if (table.struct_size != sizeof table) {
        throw Error(GWPARAM_ERR_ARGUMENT, "the transport's struct_size is " +
                                              std::to_string(table.struct_size) +
                                              ", expected " +
                                              std::to_string(sizeof table));
    }
    if (table.agree == nullptr || table.broadcast == nullptr ||
        table.all_to_all == nullptr || table.start == nullptr ||
        table.finish == nullptr || table.leave == nullptr ||
        table.node_ranks == nullptr) {
        throw Error(GWPARAM_ERR_ARGUMENT, "the transport lacks a function");
    }
    if (table.rank < 0 || table.rank >= table.size || table.node_size < 1 ||
        table.node_size > table.size) {
        throw Error(GWPARAM_ERR_ARGUMENT,
                    "the transport has rank " + std::to_string(table.rank) + " of " +
                        std::to_string(table.size) + ", " +
                        std::to_string(table.node_size) + " on this node");
    }
}

} // namespace

Communicator::Communicator(const gwparam_transport &transport) {
    try {
        check_table(transport);
    } catch (...) {
        if (transport.leave != nullptr) { // its context is ours
            transport.leave(transport.context, "its transport is malformed");
        }
        throw;
    }
    transport_ = transport;
    rank_ = transport.rank;
    size_ = transport.size;
    node_ranks_.assign(transport.node_ranks,
                       transport.node_ranks + transport.node_size);
}

Communicator::Communicator(Communicator &&other) noexcept
    : transport_(std::exchange(other.transport_, {})), rank_(other.rank_),
      size_(other.size_), node_ranks_(std::move(other.node_ranks_)) {}

Communicator::~Communicator() {
    if (transport_.leave != nullptr) {
        transport_.leave(transport_.context, "its scheme was freed");
    }
}

Communicator::Values Communicator::agree(Outcome &outcome, const Values &values) const {
    const std::optional<Error> mine = outcome.error();
    outcome.clear();
    if (alone()) {
        if (mine) {
            throw *mine;
        }
        return values;
    }
    gwparam_agreement agreement{};
    agreement.rank = rank_;
    for (std::size_t i = 0; i < values.size(); ++i) {
        agreement.values[i] = values[i];
    }
    if (mine) {
        agreement.status = mine->status();
        std::strncpy(agreement.text, mine->what(), sizeof agreement.text - 1);
    }
    transport_.agree(transport_.context, &agreement);
    if (agreement.status != GWPARAM_OK) {
        agreement.text[sizeof agreement.text - 1] = '\0';
        // A missing rank cannot speak for itself: the text names it.
        const std::string who = agreement.status == GWPARAM_ERR_RANK
                                    ? ""
                                    : "rank " + std::to_string(agreement.rank) + ": ";
        throw Error(agreement.status, who + agreement.text);
    }
    Values least{};
    for (std::size_t i = 0; i < least.size(); ++i) {
        least[i] = agreement.values[i];
    }
    return least;
}

void Communicator::broadcast(int root, std::string &text) const {
    if (alone()) {
        return;
    }
    Reason reason;
    auto bytes = static_cast<std::int64_t>(text.size());
    reason.check(transport_.broadcast(transport_.context, root, &bytes, sizeof bytes,
                                      reason.text()));
    text.resize(static_cast<std::size_t>(bytes));
    reason.check(transport_.broadcast(transport_.context, root, text.data(), bytes,
                                      reason.text()));
}

std::vector<std::int64_t> Communicator::counts_of_all(const Lists &lists) const {
    std::vector<std::int64_t> given;
    for (const auto &list : lists) {
        given.push_back(static_cast<std::int64_t>(list.size()));
    }
    std::vector<std::int64_t> taken(given.size());
    const std::vector<std::int64_t> bytes(given.size(), sizeof(std::int64_t));
    Reason reason;
    reason.check(transport_.all_to_all(transport_.context, given.data(), bytes.data(),
                                       taken.data(), bytes.data(), reason.text()));
    return taken;
}

Communicator::Lists Communicator::all_to_all(const Lists &lists) const {
    if (alone()) {
        return lists;
    }
    const std::vector<std::int64_t> counts = counts_of_all(lists);
    std::vector<std::int64_t> send;
    std::vector<std::int64_t> send_bytes;
    for (const auto &list : lists) {
        send.insert(send.end(), list.begin(), list.end());
        send_bytes.push_back(
            static_cast<std::int64_t>(list.size() * sizeof(std::int64_t)));
    }
    std::vector<std::int64_t> receive_bytes;
    std::size_t total = 0;
    for (const std::int64_t count : counts) {
        receive_bytes.push_back(count *
                                static_cast<std::int64_t>(sizeof(std::int64_t)));
        total += static_cast<std::size_t>(count);
    }
    std::vector<std::int64_t> receive(total);
    Reason reason;
    reason.check(transport_.all_to_all(transport_.context, send.data(),
                                       send_bytes.data(), receive.data(),
                                       receive_bytes.data(), reason.text()));
    Lists taken;
    auto next = receive.cbegin();
    for (const std::int64_t count : counts) {
        taken.emplace_back(next, next + count);
        next += count;
    }
    return taken;
}

std::vector<std::int64_t>
Communicator::gather(const std::vector<std::int64_t> &list) const {
    Outcome outcome;
    const auto count = static_cast<std::int64_t>(list.size());
    const Values least = agree(outcome, {count, -count});
    if (least[0] != -least[1]) {
        throw Error(GWPARAM_ERR_SHAPE, "ranks gather " + std::to_string(least[0]) +
                                           " to " + std::to_string(-least[1]) +
                                           " numbers, expected as many on all");
    }
    Lists lists(static_cast<std::size_t>(size_));
    lists.front() = list;
    std::vector<std::int64_t> all;
    for (const auto &its : all_to_all(lists)) {
        all.insert(all.end(), its.begin(), its.end());
    }
    return all;
}

void Communicator::start(const std::vector<gwparam_message> &receives,
                         const std::vector<gwparam_message> &sends) const {
    Reason reason;
    reason.check(transport_.start(
        transport_.context, receives.data(), static_cast<std::int64_t>(receives.size()),
        sends.data(), static_cast<std::int64_t>(sends.size()), reason.text()));
}

void Communicator::finish() const {
    Reason reason;
    reason.check(transport_.finish(transport_.context, reason.text()));
}

} // namespace gwparam

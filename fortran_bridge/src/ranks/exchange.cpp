#include "ranks/exchange.hpp"

#include <cstring>
#include <utility>

namespace gwparam {

namespace {

std::size_t record_bytes(const std::vector<Rows> &fields) {
    std::size_t bytes = 0;
    for (const Rows &rows : fields) {
        bytes += static_cast<std::size_t>(rows.row_bytes());
    }
    return bytes;
}

void size_for(const std::vector<Plan::Peer> &peers, std::size_t record,
              std::vector<std::vector<std::byte>> &buffers) {
    buffers.resize(peers.size());
    for (std::size_t i = 0; i < peers.size(); ++i) {
        buffers[i].resize(peers[i].rows.size() * record);
    }
}

std::vector<gwparam_message> messages_of(const std::vector<Plan::Peer> &peers,
                                         std::vector<std::vector<std::byte>> &buffers) {
    std::vector<gwparam_message> messages;
    messages.reserve(peers.size());
    for (std::size_t i = 0; i < peers.size(); ++i) {
        messages.push_back({buffers[i].data(),
                            static_cast<std::int64_t>(buffers[i].size()), peers[i].rank,
                            0});
    }
    return messages;
}

} // namespace

bool Plan::moves_nothing() const {
    if (!sends.empty() || !receives.empty() || rows_given != rows_wanted) {
        return false;
    }
    for (const Stay &stay : stays) {
        if (stay.from != stay.to) {
            return false;
        }
    }
    return true;
}

Plan make_plan(const Communicator &communicator, const Directory &directory,
               std::int64_t given, const std::vector<std::int64_t> &wanted) {
    const std::vector<Holder> holders = directory.find(wanted);
    const auto size = static_cast<std::size_t>(communicator.size());
    Communicator::Lists there(
        size); // rows on their rank, and the rows here that they become
    Communicator::Lists here(size);
    for (std::size_t i = 0; i < holders.size(); ++i) {
        const auto rank = static_cast<std::size_t>(holders[i].rank);
        there[rank].push_back(holders[i].row);
        here[rank].push_back(static_cast<std::int64_t>(i));
    }
    Plan plan;
    plan.rows_given = given;
    plan.rows_wanted = static_cast<std::int64_t>(wanted.size());
    const auto self = static_cast<std::size_t>(communicator.rank());
    for (std::size_t i = 0; i < there[self].size(); ++i) {
        plan.stays.push_back({there[self][i], here[self][i]});
    }
    there[self].clear();
    const Communicator::Lists asked = communicator.all_to_all(there);
    for (std::size_t rank = 0; rank < size; ++rank) {
        if (rank == self) {
            continue;
        }
        if (!asked[rank].empty()) {
            plan.sends.push_back({static_cast<std::int32_t>(rank), asked[rank]});
        }
        if (!here[rank].empty()) {
            plan.receives.push_back({static_cast<std::int32_t>(rank), here[rank]});
        }
    }
    return plan;
}

Exchange::Exchange(Plan plan)
    : plan_(std::move(plan)), moves_nothing_(plan_.moves_nothing()) {}

void Exchange::run(const Communicator &communicator, std::vector<Rows> &&given,
                   std::vector<Rows> &wanted) {
    if (moves_nothing_) {
        std::swap(given, wanted);
    } else {
        pack(given);
        size_for(plan_.receives, record_bytes(wanted), receive_);
    }
    if (!communicator.alone()) {
        communicator.start(messages_of(plan_.receives, receive_),
                           messages_of(plan_.sends, send_));
    }
    if (!moves_nothing_) {
        // What stays is copied while the messages travel.
        for (std::size_t f = 0; f < wanted.size(); ++f) {
            wanted[f].resize(plan_.rows_wanted);
            for (const Plan::Stay &stay : plan_.stays) {
                std::memcpy(wanted[f].row(stay.to), given[f].row(stay.from),
                            static_cast<std::size_t>(wanted[f].row_bytes()));
            }
        }
    }
    if (!communicator.alone()) {
        communicator.finish();
    }
    unpack(wanted);
    messages_ += static_cast<std::int64_t>(plan_.sends.size());
    for (const auto &buffer : send_) {
        message_bytes_ += static_cast<std::int64_t>(buffer.size());
    }
}

void Exchange::pack(const std::vector<Rows> &given) {
    size_for(plan_.sends, record_bytes(given), send_);
    for (std::size_t i = 0; i < send_.size(); ++i) {
        std::byte *next = send_[i].data();
        for (const std::int64_t row : plan_.sends[i].rows) {
            for (const Rows &rows : given) {
                const auto bytes = static_cast<std::size_t>(rows.row_bytes());
                std::memcpy(next, rows.row(row), bytes);
                next += bytes;
            }
        }
    }
}

void Exchange::unpack(std::vector<Rows> &wanted) const {
    for (std::size_t i = 0; i < receive_.size(); ++i) {
        const std::byte *next = receive_[i].data();
        for (const std::int64_t row : plan_.receives[i].rows) {
            for (Rows &rows : wanted) {
                const auto bytes = static_cast<std::size_t>(rows.row_bytes());
                std::memcpy(rows.row(row), next, bytes);
                next += bytes;
            }
        }
    }
}

std::int64_t Exchange::buffer_bytes() const {
    std::size_t bytes = 0;
    for (const Buffers *buffers : {&send_, &receive_}) {
        for (const auto &buffer : *buffers) {
            bytes += buffer.capacity();
        }
    }
    return static_cast<std::int64_t>(bytes);
}

} // namespace gwparam

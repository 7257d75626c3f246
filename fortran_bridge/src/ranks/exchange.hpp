// Columns on their way between the ranks that hold them and those that want them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "columns/array.hpp"
#include "ranks/communicator.hpp"
#include "ranks/directory.hpp"

namespace gwparam {

// Which rows go where; made once, used every step.
struct Plan {
    // Rows here that go to, or come from, one other rank, in the order of the message.
    struct Peer {
        std::int32_t rank;
        std::vector<std::int64_t> rows;
    };
    // A row that stays on this rank.
    struct Stay {
        std::int64_t from;
        std::int64_t to;
    };

    std::int64_t rows_given = 0;
    std::int64_t rows_wanted = 0;
    std::vector<Peer> sends;
    std::vector<Peer> receives;
    std::vector<Stay> stays;

    // Whether every row stays, in its place.
    bool moves_nothing() const;
};

// Collective. `given` rows of this rank are in the directory; it wants those of the
// cells `wanted`, in that order.
Plan make_plan(const Communicator &communicator, const Directory &directory,
               std::int64_t given, const std::vector<std::int64_t> &wanted);

// Carries a plan out: one message for a pair of ranks, all fields of a column together.
class Exchange {
  public:
    Exchange() = default;
    explicit Exchange(Plan plan);

    std::int64_t rows_given() const { return plan_.rows_given; }
    std::int64_t rows_wanted() const { return plan_.rows_wanted; }

    // Collective. Gives the rows wanted.
    void run(const Communicator &communicator, std::vector<Rows> &&given,
             std::vector<Rows> &wanted);

    std::int64_t messages() const { return messages_; }
    std::int64_t message_bytes() const { return message_bytes_; }
    std::int64_t buffer_bytes() const;

  private:
    using Buffers = std::vector<std::vector<std::byte>>; // one a peer, reused

    void pack(const std::vector<Rows> &given);
    void unpack(std::vector<Rows> &wanted) const;

    Plan plan_;
    bool moves_nothing_ = true;
    Buffers send_;
    Buffers receive_;
    std::int64_t messages_ = 0;
    std::int64_t message_bytes_ = 0;
};

} // namespace gwparam

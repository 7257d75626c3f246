// gwparam_transport by MPI, between the ranks of a communicator of its own.
#pragma once

#include <cstdint>
#include <vector>

#include <mpi.h>

#include "failure_detector.hpp"
#include "gwparam_transport.h"
#include "transfers.hpp"

namespace gwparam {

class MpiTransport {
  public:
    // The communicator becomes this object's, with the error handler that returns. All
    // of its ranks call this. Messages above part_bytes travel in parts.
    MpiTransport(MPI_Comm communicator, double timeout,
                 std::int64_t part_bytes = Transfers::default_part_bytes);

    // What libgwparam takes over; leave() deletes the object.
    gwparam_transport table();

    // Find the ranks on this node. Throws Error: not all ranks are there.
    void find_node();

    void agree(gwparam_agreement &agreement) noexcept;
    gwparam_status broadcast(int root, void *data, std::int64_t bytes,
                             char *text) noexcept;
    gwparam_status all_to_all(const void *send, const std::int64_t *send_bytes,
                              void *receive, const std::int64_t *receive_bytes,
                              char *text) noexcept;
    gwparam_status start(const gwparam_message *receives, std::int64_t n_receives,
                         const gwparam_message *sends, std::int64_t n_sends,
                         char *text) noexcept;
    gwparam_status finish(char *text) noexcept;

    // The object must not be used afterwards.
    void leave(const char *reason) noexcept;

  private:
    // Bytes that arrived, and where the caller wants them.
    struct Delivery {
        const std::byte *from;
        void *to;
        std::int64_t bytes;
    };

    template <typename Body>
    gwparam_status in_step(Call call, char *text, Body &&body) noexcept;
    [[noreturn]] void lose_by_itself(const char *reason);
    void meet(Envelope &mine);
    void compare(const Envelope &mine, const Envelope &other);
    void check_peer(int rank) const;

    MPI_Comm communicator_;
    std::int64_t part_bytes_;
    FailureDetector detector_;
    std::vector<int> children_;
    std::vector<std::int32_t> node_ranks_;
    Transfers meeting_;
    Transfers step_; // of start() and finish()
    bool started_ = false;
    std::vector<Delivery> deliveries_;
};

} // namespace gwparam

#include "mpi_transport.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

#include "base/error.hpp"
#include "tree.hpp"

namespace gwparam {

namespace {

// A rank deep in the tree waits longer: those next to a gap shall find it first, and
// tell everybody, before all ranks ask around.
constexpr double later_below_seconds = 2.0;

void merge(gwparam_agreement &mine, const gwparam_agreement &other) {
    for (int i = 0; i < GWPARAM_AGREED_VALUES; ++i) {
        mine.values[i] = std::min(mine.values[i], other.values[i]);
    }
    const bool worse = other.status != GWPARAM_OK &&
                       (mine.status == GWPARAM_OK || other.rank < mine.rank);
    if (worse) {
        mine.status = other.status;
        mine.rank = other.rank;
        std::memcpy(mine.text, other.text, sizeof mine.text);
    }
}

MpiTransport &self(void *context) { return *static_cast<MpiTransport *>(context); }

} // namespace

MpiTransport::MpiTransport(MPI_Comm communicator, double timeout,
                           std::int64_t part_bytes)
    : communicator_(communicator), part_bytes_(part_bytes),
      detector_(communicator, timeout),
      children_(children(detector_.rank(), detector_.size())), meeting_(communicator),
      step_(communicator, part_bytes) {}

gwparam_transport MpiTransport::table() {
    gwparam_transport table{};
    table.struct_size = sizeof table;
    table.rank = detector_.rank();
    table.size = detector_.size();
    table.node_size = static_cast<std::int32_t>(node_ranks_.size());
    table.node_ranks = node_ranks_.data();
    table.context = this;
    table.agree = [](void *context, gwparam_agreement *agreement) {
        self(context).agree(*agreement);
    };
    table.broadcast = [](void *context, std::int32_t root, void *data,
                         std::int64_t bytes, char *text) {
        return self(context).broadcast(root, data, bytes, text);
    };
    table.all_to_all = [](void *context, const void *send,
                          const std::int64_t *send_bytes, void *receive,
                          const std::int64_t *receive_bytes, char *text) {
        return self(context).all_to_all(send, send_bytes, receive, receive_bytes, text);
    };
    table.start = [](void *context, const gwparam_message *receives,
                     std::int64_t n_receives, const gwparam_message *sends,
                     std::int64_t n_sends, char *text) {
        return self(context).start(receives, n_receives, sends, n_sends, text);
    };
    table.finish = [](void *context, char *text) { return self(context).finish(text); };
    table.leave = [](void *context, const char *reason) {
        self(context).leave(reason);
    };
    return table;
}

void MpiTransport::find_node() {
    gwparam_agreement all_are_there{};
    agree(all_are_there);
    if (all_are_there.status != GWPARAM_OK) {
        throw Error(all_are_there.status, all_are_there.text);
    }
    try {
        MPI_Comm node = MPI_COMM_NULL;
        int size = 0;
        check_mpi(MPI_Comm_split_type(communicator_, MPI_COMM_TYPE_SHARED,
                                      detector_.rank(), MPI_INFO_NULL, &node));
        check_mpi(MPI_Comm_size(node, &size));
        node_ranks_.resize(static_cast<std::size_t>(size));
        const std::int32_t rank = detector_.rank();
        check_mpi(MPI_Allgather(&rank, 1, MPI_INT32_T, node_ranks_.data(), 1,
                                MPI_INT32_T, node));
        check_mpi(MPI_Comm_free(&node));
    } catch (const MpiError &e) {
        throw Error(GWPARAM_ERR_RANK,
                    std::string("cannot find the ranks of the node: ") + e.what());
    }
}

void MpiTransport::lose_by_itself(const char *reason) {
    detector_.lose(detector_.rank(),
                   "rank " + std::to_string(detector_.rank()) + ": " + reason);
}

// Whatever goes wrong in a call puts the ranks out of step: all learn of it, and what
// is under way is given up.
template <typename Body>
gwparam_status MpiTransport::in_step(Call call, char *text, Body &&body) noexcept {
    try {
        try {
            detector_.enter(call);
            body();
            return GWPARAM_OK;
        } catch (const Lost &) {
            throw;
        } catch (const std::bad_alloc &) {
            lose_by_itself("out of memory");
        } catch (const std::exception &e) {
            lose_by_itself(e.what());
        }
    } catch (...) {
        meeting_.abandon();
        step_.abandon();
        started_ = false;
    }
    const char *reason = detector_.lost() ? detector_.verdict().text : "out of memory";
    std::snprintf(text, GWPARAM_TEXT_BYTES, "%s", reason);
    return GWPARAM_ERR_RANK;
}

void MpiTransport::compare(const Envelope &mine, const Envelope &other) {
    if (other.call != mine.call || other.sequence != mine.sequence) {
        detector_.lose_step_with(other.from, other.call, other.sequence);
    }
    if (other.other != mine.other || other.number != mine.number) {
        detector_.lose(other.from, "rank " + std::to_string(other.from) +
                                       " broadcasts something else than rank " +
                                       std::to_string(mine.from));
    }
}

// All ranks are in the same call when this returns, and have merged what they said: up
// the tree, and down again.
void MpiTransport::meet(Envelope &mine) {
    mine.kind = Kind::meeting;
    mine.call = detector_.call();
    mine.sequence = detector_.sequence();
    mine.from = detector_.rank();
    const auto from = [&](int rank) {
        return meeting_.receive(rank, tag_of_meetings, sizeof(Envelope));
    };
    Envelope other;
    std::vector<const std::byte *> inbox;
    std::transform(children_.begin(), children_.end(), std::back_inserter(inbox), from);
    detector_.wait(meeting_);
    for (const std::byte *message : inbox) {
        std::memcpy(&other, message, sizeof other);
        compare(mine, other);
        merge(mine.agreement, other.agreement);
    }
    meeting_.clear();
    if (detector_.rank() != 0) {
        const int above = parent(detector_.rank());
        const std::byte *message = from(above);
        meeting_.send(above, tag_of_meetings, &mine, sizeof mine);
        detector_.wait(meeting_, above == 0 ? 0.0 : later_below_seconds);
        std::memcpy(&other, message, sizeof other);
        meeting_.clear();
        compare(mine, other);
        mine.agreement = other.agreement;
    }
    for (const int child : children_) {
        meeting_.send(child, tag_of_meetings, &mine, sizeof mine);
    }
    detector_.wait(meeting_);
    meeting_.clear();
}

void MpiTransport::agree(gwparam_agreement &agreement) noexcept {
    Envelope mine;
    mine.agreement = agreement;
    mine.agreement.rank = detector_.rank();
    mine.agreement.text[GWPARAM_TEXT_BYTES - 1] = '\0';
    const gwparam_status status =
        in_step(Call::agree, agreement.text, [&] { meet(mine); });
    if (status == GWPARAM_OK) {
        agreement = mine.agreement;
    } else {
        agreement.status = status;
        agreement.rank = detector_.lost() ? detector_.verdict().rank : detector_.rank();
    }
}

gwparam_status MpiTransport::broadcast(int root, void *data, std::int64_t bytes,
                                       char *text) noexcept {
    return in_step(Call::broadcast, text, [&] {
        Envelope mine;
        mine.other = root;
        mine.number = bytes;
        meet(mine);
        // The tree with the root at its top.
        const int size = detector_.size();
        const int place = (detector_.rank() - root + size) % size;
        const int tag = tag_of_data(detector_.sequence());
        Transfers transfers(communicator_, part_bytes_);
        if (place != 0) {
            const std::byte *arrived =
                transfers.receive((parent(place) + root) % size, tag, bytes);
            detector_.wait(transfers);
            std::copy_n(arrived, bytes, static_cast<std::byte *>(data));
            transfers.clear();
        }
        for (const int child : children(place, size)) {
            transfers.send((child + root) % size, tag, data, bytes);
        }
        detector_.wait(transfers);
    });
}

gwparam_status MpiTransport::all_to_all(const void *send,
                                        const std::int64_t *send_bytes, void *receive,
                                        const std::int64_t *receive_bytes,
                                        char *text) noexcept {
    return in_step(Call::all_to_all, text, [&] {
        Envelope mine;
        meet(mine);
        const int tag = tag_of_data(detector_.sequence());
        const auto *source = static_cast<const std::byte *>(send);
        auto *target = static_cast<std::byte *>(receive);
        const std::byte *to_itself = nullptr;
        std::vector<Delivery> deliveries;
        Transfers transfers(communicator_, part_bytes_);
        for (int rank = 0; rank < detector_.size(); target += receive_bytes[rank++]) {
            if (rank != detector_.rank()) {
                deliveries.push_back({transfers.receive(rank, tag, receive_bytes[rank]),
                                      target, receive_bytes[rank]});
            } else {
                deliveries.push_back({nullptr, target, receive_bytes[rank]});
            }
        }
        for (int rank = 0; rank < detector_.size(); source += send_bytes[rank++]) {
            if (rank != detector_.rank()) {
                transfers.send(rank, tag, source, send_bytes[rank]);
            } else {
                to_itself = source;
            }
        }
        if (send_bytes[detector_.rank()] != receive_bytes[detector_.rank()]) {
            throw std::runtime_error("sends itself another number of bytes than it "
                                     "receives from itself");
        }
        deliveries[static_cast<std::size_t>(detector_.rank())].from = to_itself;
        detector_.wait(transfers);
        for (const Delivery &delivery : deliveries) {
            std::copy_n(delivery.from, delivery.bytes,
                        static_cast<std::byte *>(delivery.to));
        }
    });
}

void MpiTransport::check_peer(int rank) const {
    if (rank < 0 || rank >= detector_.size() || rank == detector_.rank()) {
        throw std::runtime_error("message to or from rank " + std::to_string(rank) +
                                 ", expected another one of " +
                                 std::to_string(detector_.size()));
    }
}

gwparam_status MpiTransport::start(const gwparam_message *receives,
                                   std::int64_t n_receives,
                                   const gwparam_message *sends, std::int64_t n_sends,
                                   char *text) noexcept {
    return in_step(Call::start, text, [&] {
        if (started_) {
            throw std::runtime_error("start() again before finish()");
        }
        started_ = true;
        step_.clear();
        deliveries_.clear();
        const int tag = tag_of_data(detector_.sequence());
        for (const auto *message = receives; message != receives + n_receives;
             ++message) {
            check_peer(message->rank);
            deliveries_.push_back({step_.receive(message->rank, tag, message->bytes),
                                   message->data, message->bytes});
        }
        for (const auto *message = sends; message != sends + n_sends; ++message) {
            check_peer(message->rank);
            step_.send(message->rank, tag, message->data, message->bytes);
        }
    });
}

gwparam_status MpiTransport::finish(char *text) noexcept {
    return in_step(Call::finish, text, [&] {
        if (!started_) {
            throw std::runtime_error("finish() without start()");
        }
        detector_.wait(step_);
        for (const Delivery &delivery : deliveries_) {
            std::copy_n(delivery.from, delivery.bytes,
                        static_cast<std::byte *>(delivery.to));
        }
        started_ = false;
    });
}

void MpiTransport::leave(const char *reason) noexcept {
    bool all_leave = false;
    MPI_Comm communicator = communicator_;
    try {
        std::vector<int> neighbours = children_;
        if (detector_.rank() != 0) {
            neighbours.push_back(parent(detector_.rank()));
        }
        all_leave = detector_.leave(neighbours, reason) && !started_;
    } catch (const std::exception &) {
        // The others find out by waiting.
    }
    delete this;
    if (all_leave) { // collective, in theory: never wait for a rank that stays
        MPI_Comm_free(&communicator);
    }
}

} // namespace gwparam

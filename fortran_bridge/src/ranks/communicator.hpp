// The ranks of a host, over the transport that it gave; a host without one is alone.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "gwparam_transport.h"

namespace gwparam {

// The first failure of this rank, until all ranks have heard of it.
class Outcome {
  public:
    bool failed() const { return error_.has_value(); }
    const std::optional<Error> &error() const { return error_; }
    void clear() { error_.reset(); }
    void keep(const Error &error) {
        if (!failed()) {
            error_ = error;
        }
    }

    // Runs the body unless there was a failure; keeps its own.
    template <typename Body> void attempt(Body &&body) {
        if (failed()) {
            return;
        }
        try {
            body();
        } catch (const Error &e) {
            keep(e);
        } catch (const std::bad_alloc &) {
            keep(Error(GWPARAM_ERR_MEMORY, "out of memory"));
        } catch (const std::exception &e) {
            keep(Error(GWPARAM_ERR_INTERNAL, e.what()));
        }
    }

  private:
    std::optional<Error> error_;
};

class Communicator {
  public:
    using Values = std::array<std::int64_t, GWPARAM_AGREED_VALUES>;

    Communicator() = default; // one rank alone
    // Takes the transport's context over. Throws ERR_ARGUMENT.
    explicit Communicator(const gwparam_transport &transport);
    Communicator(Communicator &&other) noexcept;
    Communicator(const Communicator &) = delete;
    Communicator &operator=(const Communicator &) = delete;
    ~Communicator();

    int rank() const { return rank_; }
    int size() const { return size_; }
    bool alone() const { return size_ == 1; }
    // The ranks on this node, in the order of their node-local ranks.
    const std::vector<int> &node_ranks() const { return node_ranks_; }

    // Collective. If any rank failed, throws on all of them what the lowest of those
    // threw, with its number; the outcome is clear afterwards. Otherwise gives the
    // least of each value.
    Values agree(Outcome &outcome, const Values &values = {}) const;

    // Collective. Runs the body everywhere; if it throws anywhere, all throw.
    template <typename Body> void together(Body &&body) const {
        Outcome outcome;
        outcome.attempt(body);
        agree(outcome);
    }

    // Collective: the text of rank `root`.
    void broadcast(int root, std::string &text) const;

    // Collective: gives one list to each rank and takes one of each.
    using Lists = std::vector<std::vector<std::int64_t>>;
    Lists all_to_all(const Lists &lists) const;

    // Collective: rank 0 has the lists of all, one after the other; the others nothing.
    // Throws ERR_SHAPE where they are not of one length.
    std::vector<std::int64_t> gather(const std::vector<std::int64_t> &list) const;

    // Begin and end messages; every rank comes, also one that has none.
    void start(const std::vector<gwparam_message> &receives,
               const std::vector<gwparam_message> &sends) const;
    void finish() const;

  private:
    std::vector<std::int64_t> counts_of_all(const Lists &lists) const;

    gwparam_transport transport_{};
    int rank_ = 0;
    int size_ = 1;
    std::vector<int> node_ranks_{0};
};

} // namespace gwparam

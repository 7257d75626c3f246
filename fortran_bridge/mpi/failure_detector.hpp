// Who is there: waiting for other ranks, and what happens when one does not answer.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <mpi.h>

#include "deadline.hpp"
#include "envelope.hpp"
#include "transfers.hpp"

namespace gwparam {

// The ranks are out of step: FailureDetector::verdict() says why.
class Lost : public std::exception {};

// A rank that waits in vain asks the rank it waits for. One that answers names the one
// that it waits for itself, which is asked next; one that does not answer is the
// culprit, however far away. Everybody is told, so that all ranks give the same reason.
class FailureDetector {
  public:
    FailureDetector(MPI_Comm communicator, double timeout);

    // Begin the next call of all ranks. Throws Lost.
    void enter(Call call);

    // Wait until all have arrived, `later` seconds longer than usual: of the ranks that
    // wait because of the same culprit, those next to it should find it. Throws Lost.
    void wait(Transfers &transfers, double later = 0.0);

    // Tell everybody that the ranks are out of step, and throw Lost.
    [[noreturn]] void lose(int culprit, const std::string &reason);

    // The same, because another rank is in another call than this one.
    [[noreturn]] void lose_step_with(int other, Call its_call, std::int64_t its_number);

    bool lost() const { return verdict_.has_value(); }
    const gwparam_agreement &verdict() const { return *verdict_; }

    int rank() const { return rank_; }
    int size() const { return size_; }
    Call call() const { return call_; }
    std::int64_t sequence() const { return sequence_; }

    // Tell the neighbours, and listen to them for about a second: in an orderly end all
    // leave. True if they did, and nothing is under way any more.
    bool leave(const std::vector<int> &neighbours, const std::string &reason);

  private:
    struct Search;

    void tell(int rank, Envelope news);
    void tell_everybody(const gwparam_agreement &verdict);
    void listen();
    void catch_up();
    void hear(const Envelope &news);
    void obey_news();
    void search(Search &state, const Transfers &transfers);
    void follow(Search &state, const Envelope &answer);
    void ask(Search &state, int rank);

    double timeout_;
    int rank_ = 0;
    int size_ = 0;
    Call call_ = Call::none;
    std::int64_t sequence_ = 0;
    Deadline patience_of_others_; // since this rank was last among them
    int awaited_ = -1;
    std::int64_t questions_ = 0;
    std::int64_t answers_ = 0;
    std::optional<Envelope> answer_;
    // An abort or farewell that is about a call that this rank has not reached.
    std::optional<Envelope> news_;
    std::vector<int> left_; // neighbours that said farewell
    std::optional<gwparam_agreement> verdict_;
    Transfers outbox_;
    Transfers inbox_; // always open for the next envelope from anyone
    const std::byte *letter_;
};

} // namespace gwparam

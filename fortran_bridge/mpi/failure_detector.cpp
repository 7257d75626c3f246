#include "failure_detector.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "deadline.hpp"

namespace gwparam {

namespace {

// For a question to be answered by a rank that waits, so that it looks every
// millisecond, on cores that it may have to share.
constexpr double answer_seconds = 1.0;

// For messages to leave, and for the neighbours to leave as well.
constexpr double farewell_seconds = 1.0;

// The part of the timeout after which the others may have given this rank up, and how
// long it listens for that then.
constexpr double most_away = 0.9;
constexpr double catch_up_seconds = 0.05;

// How often a search may end at nobody before it blames the rank where it began.
constexpr int most_searches = 3;

gwparam_agreement verdict_on(int culprit, const std::string &reason) {
    gwparam_agreement verdict{};
    verdict.status = GWPARAM_ERR_RANK;
    verdict.rank = culprit;
    std::strncpy(verdict.text, reason.c_str(), sizeof verdict.text - 1);
    return verdict;
}

std::string rank_text(int rank) { return "rank " + std::to_string(rank); }

std::string call_text(Call call, std::int64_t sequence) {
    return std::string(name(call)) + ", call " + std::to_string(sequence);
}

} // namespace

struct FailureDetector::Search {
    int suspect = -1;
    int asked_ranks = 0;
    int begun = 0;
    Deadline deadline;
};

FailureDetector::FailureDetector(MPI_Comm communicator, double timeout)
    : timeout_(timeout), patience_of_others_(timeout), outbox_(communicator),
      inbox_(communicator) {
    check_mpi(MPI_Comm_rank(communicator, &rank_));
    check_mpi(MPI_Comm_size(communicator, &size_));
    letter_ = inbox_.receive(MPI_ANY_SOURCE, tag_of_news, sizeof(Envelope));
}

void FailureDetector::enter(Call call) {
    if (!mpi_is_alive()) {
        verdict_ = verdict_on(rank_, "MPI was finalised before the scheme was freed");
        throw Lost();
    }
    ++sequence_;
    call_ = call;
    catch_up();
    obey_news();
    if (lost()) {
        throw Lost();
    }
}

void FailureDetector::wait(Transfers &transfers, double later) {
    Search state{-1, 0, 0, Deadline(timeout_ + later)};
    Pauses pauses;
    while (!transfers.test()) {
        awaited_ = transfers.awaited();
        listen();
        obey_news();
        if (state.deadline.passed() || answer_) {
            search(state, transfers);
        }
        pauses.pause();
    }
    awaited_ = -1;
    patience_of_others_ = Deadline(most_away * timeout_);
}

void FailureDetector::search(Search &state, const Transfers &transfers) {
    if (answer_) {
        const Envelope answer = *answer_;
        answer_.reset();
        if (answer.from == state.suspect && answer.number == questions_) {
            follow(state, answer);
        }
        return;
    }
    if (state.suspect >= 0) {
        char seconds[32];
        std::snprintf(seconds, sizeof seconds, "%g s", timeout_);
        lose(state.suspect,
             rank_text(state.suspect) + " did not answer within " + seconds);
    }
    if (state.begun == most_searches) {
        lose(transfers.awaited(),
             "messages of " + rank_text(transfers.awaited()) + " did not arrive");
    }
    ++state.begun;
    state.asked_ranks = 0;
    ask(state, transfers.awaited());
}

void FailureDetector::follow(Search &state, const Envelope &answer) {
    if (answer.sequence == sequence_ && answer.call != call_) {
        lose_step_with(state.suspect, answer.call, answer.sequence);
    }
    ++state.asked_ranks;
    if (answer.sequence > sequence_ || answer.other < 0 || answer.other == rank_ ||
        state.asked_ranks == size_) {
        // What this rank waits for was sent, or its cause is gone: give it time.
        state.suspect = -1;
        state.deadline = Deadline(answer_seconds);
        return;
    }
    ask(state, answer.other);
}

void FailureDetector::ask(Search &state, int rank) {
    state.suspect = rank;
    state.deadline = Deadline(answer_seconds);
    Envelope question;
    question.kind = Kind::question;
    question.number = ++questions_;
    tell(rank, question);
}

void FailureDetector::tell(int rank, Envelope news) {
    news.from = rank_;
    news.call = call_;
    if (outbox_.test()) {
        outbox_.clear();
    }
    outbox_.send(rank, tag_of_news, &news, sizeof news);
}

// What is needed for a call may be there before the news that the others gave it up: a
// rank that was away for so long listens for a moment.
void FailureDetector::catch_up() {
    listen();
    const Deadline deadline(patience_of_others_.passed() ? catch_up_seconds : 0.0);
    Pauses pauses;
    while (!news_ && !lost() && !deadline.passed()) {
        pauses.pause();
        listen();
    }
}

void FailureDetector::listen() {
    while (inbox_.test()) {
        Envelope news;
        std::memcpy(&news, letter_, sizeof news);
        inbox_.clear();
        letter_ = inbox_.receive(MPI_ANY_SOURCE, tag_of_news, sizeof news);
        hear(news);
    }
}

void FailureDetector::hear(const Envelope &news) {
    switch (news.kind) {
    case Kind::question: {
        Envelope reply;
        reply.kind = lost() ? Kind::abort : Kind::answer;
        reply.sequence = lost() ? 0 : sequence_;
        reply.number = news.number;
        reply.other = awaited_;
        if (lost()) {
            reply.agreement = *verdict_;
        }
        tell(news.from, reply);
        return;
    }
    case Kind::answer:
        ++answers_;
        answer_ = news;
        return;
    case Kind::farewell:
        left_.push_back(news.from);
        [[fallthrough]];
    case Kind::abort:
        if (!news_ || news.sequence < news_->sequence) {
            news_ = news;
        }
        return;
    case Kind::meeting:
        return; // never among the news
    }
}

// Calls before the one that the news are about still come to their end: what this rank
// needs for them was sent.
void FailureDetector::obey_news() {
    if (lost() || !news_ || news_->sequence > sequence_) {
        return;
    }
    if (news_->kind == Kind::farewell) {
        lose(news_->from, news_->agreement.text);
    }
    verdict_ = news_->agreement;
    throw Lost();
}

void FailureDetector::lose(int culprit, const std::string &reason) {
    if (!lost()) {
        verdict_ = verdict_on(culprit, reason);
        try {
            tell_everybody(*verdict_);
        } catch (const std::exception &) {
            // Who does not hear of it finds out by waiting.
        }
    }
    throw Lost();
}

void FailureDetector::lose_step_with(int other, Call its_call,
                                     std::int64_t its_number) {
    lose(other, rank_text(other) + " is in another call (" +
                    call_text(its_call, its_number) + ") than " + rank_text(rank_) +
                    " (" + call_text(call_, sequence_) + ")");
}

void FailureDetector::tell_everybody(const gwparam_agreement &verdict) {
    Envelope abort;
    abort.kind = Kind::abort;
    abort.sequence = sequence_;
    abort.agreement = verdict;
    for (int distance = 1; distance < size_; ++distance) {
        tell((rank_ + distance) % size_, abort);
    }
    const Deadline deadline(farewell_seconds);
    Pauses pauses;
    while (!outbox_.test() && !deadline.passed()) {
        pauses.pause();
    }
}

bool FailureDetector::leave(const std::vector<int> &neighbours,
                            const std::string &reason) {
    if (!mpi_is_alive()) {
        return false;
    }
    ++sequence_; // the call that this rank does not take part in
    if (!lost()) {
        Envelope farewell;
        farewell.kind = Kind::farewell;
        farewell.sequence = sequence_;
        farewell.agreement = verdict_on(rank_, rank_text(rank_) + " left: " + reason);
        for (const int neighbour : neighbours) {
            tell(neighbour, farewell);
        }
    }
    const auto all_left = [&] {
        return std::all_of(neighbours.begin(), neighbours.end(), [&](int neighbour) {
            return std::count(left_.begin(), left_.end(), neighbour) > 0;
        });
    };
    const Deadline deadline(farewell_seconds);
    Pauses pauses;
    bool sent = outbox_.test();
    while (!(sent && (lost() || all_left())) && !deadline.passed()) {
        pauses.pause();
        listen();
        sent = outbox_.test();
    }
    return sent && !lost() && all_left() && answers_ == questions_;
}

} // namespace gwparam

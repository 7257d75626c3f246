// The network at work on columns: where it runs, how they get there and back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "artefact/contract.hpp"
#include "columns/horizontal.hpp"
#include "ranks/communicator.hpp"
#include "ranks/exchange_plans.hpp"
#include "ranks/placement.hpp"
#include "scheme/network.hpp"
#include "scheme/positions.hpp"
#include "threads/background_thread.hpp"
#include "threads/thread_pool.hpp"

namespace gwparam {

class Inference {
  public:
    // Collective. All that is given must outlive this.
    Inference(const Communicator &communicator, const std::string &path,
              const std::string &json, const Contract &contract,
              const gwparam_options &options, const MemberChoice &choice);

    // Collective: where the columns of this rank are.
    void set_positions(const Positions &positions);
    // Collective: how many they are, where it does not matter where.
    void set_count(std::int64_t columns);

    const ExchangePlans &plans() const { return plans_; }

    // Of the threads that this rank may have, for all that it computes.
    ThreadPool &pool() { return pool_; }

    // What moves is collective. In between, launch() runs a member, in a thread of
    // its own where it lags, and wait() throws what it threw. While it runs, columns
    // of a result that has moved out can still be had.
    void move_in(std::vector<Rows> &&columns);
    void launch(std::int64_t member);
    void wait() { background_thread_.wait(); }
    void move_out();
    void to_columns(std::vector<Rows> &columns);

    // Between two steps of one rank, when what moved on is of no more use.
    void give_back(std::vector<Rows> &in, std::vector<Rows> &out);

    // What the network has done, and how much memory it takes; not while it runs.
    void note(gwparam_statistics &statistics) const;

    std::int64_t bytes() const { return plans_.buffer_bytes() + bytes_of(results_); }

  private:
    void run(std::int64_t member);

    const gwparam_options &options_;
    Placement placement_;
    ThreadPool pool_;
    HorizontalStage horizontal_;
    ExchangePlans plans_;
    std::unique_ptr<Network> network_; // of an owner

    std::vector<Rows> site_in_; // of the columns whose network this rank runs
    std::vector<Rows> site_out_;
    std::vector<Rows> results_; // that the columns of this rank need

    BackgroundThread
        background_thread_; // last, so that it ends before what it works on
};

} // namespace gwparam

// The networks of one artefact as one: one of them, or their mean.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "artefact/backend.hpp"
#include "threads/thread_pool.hpp"

namespace gwparam {

class Members : public Backend {
  public:
    // The pool must outlive them.
    explicit Members(ThreadPool &pool) : pool_(pool) {}

    // Of a number from 1; in any order.
    void add(std::int64_t member, std::unique_ptr<Backend> network);
    // One that was added, or MemberChoice::mean of all of them: the next passes' own.
    void choose(std::int64_t member) { chosen_ = member; }

    DeviceInfo device() const override;
    bool has_defined_bits() const override;
    // The mean has a sum in float64, in the order of the members, which is divided by
    // their number and rounded to the output's type: its bits are as defined as theirs.
    void forward(const std::vector<Pass> &passes) override;

  private:
    void take_in(const std::vector<Pass> &passes, bool is_first, bool is_last);

    ThreadPool &pool_;
    std::map<std::int64_t, std::unique_ptr<Backend>> networks_; // never empty
    std::int64_t chosen_ = 0;
    std::vector<std::vector<double>> sums_; // one an output of a pass
};

} // namespace gwparam

// Waiting that ends, and that leaves the cores to those who compute.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

#include <sched.h>

namespace gwparam {

class Deadline {
  public:
    explicit Deadline(double seconds)
        : end_(Clock::now() +
               std::chrono::duration_cast<Clock::duration>(
                   std::chrono::duration<double>(std::min(seconds, longest_seconds)))) {
    }

    bool passed() const { return Clock::now() >= end_; }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr double longest_seconds = 1e9; // the clock counts no further

    Clock::time_point end_;
};

// The pauses between two looks for a message: none to speak of while an answer may come
// at once, then ever longer ones. A rank that only yields would still take half of a
// core from one that computes. They grow slowly: an answer is seen late by the last
// pause.
class Pauses {
  public:
    void pause() {
        if (!busy_.passed()) {
            sched_yield();
            return;
        }
        std::this_thread::sleep_for(
            std::chrono::duration<double, std::micro>(microseconds_));
        microseconds_ = std::min(1.2 * microseconds_, 1000.0);
    }

  private:
    Deadline busy_{200e-6};
    double microseconds_ = 20.0;
};

} // namespace gwparam

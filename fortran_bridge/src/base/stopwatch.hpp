// Adds the time of a scope to a sum.
#pragma once

#include <chrono>

namespace gwparam {

class Stopwatch {
  public:
    explicit Stopwatch(double &seconds)
        : seconds_(seconds), start_(std::chrono::steady_clock::now()) {}
    ~Stopwatch() {
        const std::chrono::duration<double> passed =
            std::chrono::steady_clock::now() - start_;
        seconds_ += passed.count();
    }
    Stopwatch(const Stopwatch &) = delete;
    Stopwatch &operator=(const Stopwatch &) = delete;

  private:
    double &seconds_;
    std::chrono::steady_clock::time_point start_;
};

} // namespace gwparam

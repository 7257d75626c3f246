// The number of threads of one forward pass, and the host's back at its end.
#pragma once

namespace gwparam {

// Sets the number of threads for the scope, of the calling thread.
class ThreadsGuard {
  public:
    explicit ThreadsGuard(int threads);
    ~ThreadsGuard();
    ThreadsGuard(const ThreadsGuard &) = delete;
    ThreadsGuard &operator=(const ThreadsGuard &) = delete;

  private:
    int openmp_threads_;
    int torch_threads_;
};

// Of the calling thread, until another number is set.
void set_threads(int threads);

} // namespace gwparam

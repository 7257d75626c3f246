#include "torch/threads.hpp"

#include <ATen/Parallel.h>

// Weak, because only a host or a libtorch with OpenMP brings them.
extern "C" {
int omp_get_max_threads() __attribute__((weak));
void omp_set_num_threads(int) __attribute__((weak));
}

namespace gwparam {

// Asking libtorch for its number may already change the setting of OpenMP, which is the
// host's too, so that one is saved first.
ThreadsGuard::ThreadsGuard(int threads)
    : openmp_threads_(omp_get_max_threads != nullptr ? omp_get_max_threads() : 0),
      torch_threads_(at::get_num_threads()) {
    set_threads(threads);
}

ThreadsGuard::~ThreadsGuard() {
    set_threads(torch_threads_);
    if (omp_set_num_threads != nullptr && openmp_threads_ > 0) {
        omp_set_num_threads(openmp_threads_);
    }
}

void set_threads(int threads) { at::set_num_threads(threads); }

} // namespace gwparam

#include "threads/cores.hpp"

#include <algorithm>
#include <sched.h>
#include <vector>

// Weak, because only a host or a libtorch with OpenMP brings them.
extern "C" {
int omp_get_num_places() __attribute__((weak));
int omp_get_place_num_procs(int) __attribute__((weak));
void omp_get_place_proc_ids(int, int *) __attribute__((weak));
}

namespace gwparam {

namespace {

// OpenMP looked at them before it bound the first thread, which may be the calling one.
void add_places(cpu_set_t &cores) {
    if (omp_get_num_places == nullptr) {
        return;
    }
    for (int place = 0; place < omp_get_num_places(); ++place) {
        std::vector<int> ids(static_cast<std::size_t>(omp_get_place_num_procs(place)));
        omp_get_place_proc_ids(place, ids.data());
        for (const int id : ids) {
            CPU_SET(static_cast<std::size_t>(id), &cores); // none beyond the set's end
        }
    }
}

bool find_cores(cpu_set_t &cores) {
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) {
        return false; // more of them than the set holds
    }
    add_places(cores);
    return true;
}

} // namespace

int usable_cores() {
    cpu_set_t cores;
    return find_cores(cores) ? std::max(1, CPU_COUNT(&cores)) : 1;
}

void use_all_cores() noexcept {
    cpu_set_t cores;
    if (find_cores(cores)) {
        sched_setaffinity(0, sizeof cores, &cores); // where it fails, slower
    }
}

} // namespace gwparam

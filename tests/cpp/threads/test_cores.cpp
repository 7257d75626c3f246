// Threads of ours on all cores of the process, where OpenMP has bound the host's.
#include <sched.h>
#include <vector>

#include "tap.h"
#include "threads/background_thread.hpp"
#include "threads/cores.hpp"

namespace {

std::vector<int> places; // of OpenMP, one core each

cpu_set_t cores_here() {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    return cores;
}

std::vector<int> numbers_of(const cpu_set_t &cores) {
    std::vector<int> numbers;
    for (std::size_t i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &cores)) {
            numbers.push_back(static_cast<int>(i));
        }
    }
    return numbers;
}

std::vector<int> cores_of_worker() {
    cpu_set_t there;
    CPU_ZERO(&there);
    gwparam::BackgroundThread thread;
    thread.start([&there] { there = cores_here(); });
    thread.wait();
    return numbers_of(there);
}

} // namespace

// In place of OpenMP's.
extern "C" int omp_get_num_places() { return static_cast<int>(places.size()); }
extern "C" int omp_get_place_num_procs(int) { return 1; }
extern "C" void omp_get_place_proc_ids(int place, int *ids) {
    ids[0] = places[static_cast<std::size_t>(place)];
}

int main() {
    const std::vector<int> all = numbers_of(cores_here());
    const auto count = static_cast<int>(all.size());
    ok(gwparam::usable_cores() == count, "cores are counted");
    ok(cores_of_worker() == all, "and a thread of ours uses them");

    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(all.back()), &one);
    sched_setaffinity(0, sizeof one, &one);
    ok(gwparam::usable_cores() == 1, "a launcher may bind the process to one");
    ok(numbers_of(cores_here()) == cores_of_worker(), "which is left so");

    places = all;
    ok(gwparam::usable_cores() == count, "where OpenMP did so, its places count");
    ok(cores_of_worker() == all, "and a thread of ours uses all of them");
    ok(numbers_of(cores_here()).size() == 1, "while the host's stays where it is");
    return done_testing();
}

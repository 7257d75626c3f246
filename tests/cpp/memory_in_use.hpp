// Resident memory of this process, and how it grows.
#pragma once

#include <algorithm>
#include <cstdio>
#include <limits>

#include <unistd.h>

// Pages that the allocator and the threads' stacks may still touch for the first time
// [bytes]. A leak of 100 bytes a step would be twice this over 9,000 steps.
#if defined(__SANITIZE_ADDRESS__)
// The sanitizer keeps what was freed for a while, and finds leaks by itself.
constexpr long largest_growth = std::numeric_limits<long>::max();
#else
constexpr long largest_growth = 400 * 1024;
#endif

inline long memory_in_use() {
    long pages = 0;
    long resident = 0;
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    const bool is_read =
        file != nullptr && std::fscanf(file, "%ld %ld", &pages, &resident) == 2;
    if (file != nullptr) {
        std::fclose(file);
    }
    return is_read ? resident * sysconf(_SC_PAGESIZE) : 0;
}

// Compares the end of a loop with its first tenth.
class MemoryWatch {
  public:
    void note(int step, int steps) {
        if (step == steps / 10) {
            warm_ = memory_in_use();
        }
        if (step == steps - 1) {
            end_ = memory_in_use();
        }
    }
    long growth() const { return std::max(0L, end_ - warm_); }

  private:
    long warm_ = 0;
    long end_ = 0;
};

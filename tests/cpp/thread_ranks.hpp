// Ranks that are threads of this process, over a transport through its memory.
#pragma once

#include <functional>
#include <vector>

#include "gwparam_transport.h"

struct RankSettings {
    double timeout_seconds = 20.0; // how long a rank waits for another one
    int ranks_per_node = 0;        // 0: all on one node
};

// Runs the body as every rank, each in a thread, and waits for all of them. The body
// owns its transport: it gives it to the library, or leaves it. What a body throws ends
// the program.
void run_ranks(int size, const std::function<void(const gwparam_transport &)> &body,
               const RankSettings &settings = {});

// The rank that runs in this thread; 0 in threads of no rank.
int this_rank();

// How often the ranks of the process called start(), since it began.
long transport_starts();

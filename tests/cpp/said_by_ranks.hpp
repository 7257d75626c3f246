// What ranks that are threads say of one collective call.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "ranks/communicator.hpp"
#include "thread_ranks.hpp"

// The message that the body throws on each rank, empty where it throws none; "?" for
// another status.
template <typename Body>
std::vector<std::string> said_by_ranks(std::size_t ranks, Body &&body,
                                       gwparam_status status = GWPARAM_ERR_ARGUMENT) {
    std::vector<std::string> said(ranks);
    run_ranks(static_cast<int>(ranks), [&](const gwparam_transport &transport) {
        const gwparam::Communicator communicator(transport);
        const auto rank = static_cast<std::size_t>(communicator.rank());
        try {
            body(communicator, rank);
        } catch (const gwparam::Error &e) {
            said[rank] = e.status() == status ? e.what() : "?";
        }
    });
    return said;
}

// Whether all say the same, which begins so; or, if that is empty, nothing.
inline bool all_say(const std::vector<std::string> &said, const std::string &expected) {
    bool right = true;
    for (const std::string &text : said) {
        right &= expected.empty() ? text.empty() : text.rfind(expected, 0) == 0;
        right &= text == said.front();
    }
    if (!right) {
        printf("# %s\n", said.front().c_str());
    }
    return right;
}

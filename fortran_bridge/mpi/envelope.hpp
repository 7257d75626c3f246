// What ranks tell each other beside the data.
#pragma once

#include <cstdint>

#include "gwparam_transport.h"

namespace gwparam {

// The functions of the transport that all ranks call together.
enum class Call : std::int32_t { none, agree, broadcast, all_to_all, start, finish };

inline const char *name(Call call) {
    switch (call) {
    case Call::agree:
        return "agree";
    case Call::broadcast:
        return "broadcast";
    case Call::all_to_all:
        return "all_to_all";
    case Call::start:
        return "start";
    case Call::finish:
        return "finish";
    case Call::none:
        break;
    }
    return "no call";
}

enum class Kind : std::int32_t {
    meeting,  // along the tree, in a call
    abort,    // to everybody: the ranks are out of step
    farewell, // to the neighbours in the tree: the sender leaves
    question, // are you there, and whom do you wait for?
    answer,
};

// Of one size and small, so that MPI sends it without waiting for the receiver.
struct Envelope {
    Kind kind{};
    Call call{};
    std::int32_t from = 0;
    // Whom the sender waits for; in a broadcast, whose data it is.
    std::int32_t other = -1;
    // The number of the call. An abort or farewell is about this call and those after
    // it.
    std::int64_t sequence = 0;
    // Of a broadcast; in questions and answers, the number of the question.
    std::int64_t number = 0;
    gwparam_agreement agreement{};
};

// Separate from those of the data, tag_of_data() and above.
enum Tag { tag_of_meetings = 1, tag_of_news = 2 };

// Messages of two steps cannot be mistaken for each other. MPI promises tags to 32767.
inline int tag_of_data(std::int64_t sequence) {
    return 16 + static_cast<int>(sequence % 16384);
}

} // namespace gwparam

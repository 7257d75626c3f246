// Random numbers by count: the known answers that the authors publish with Random123
// (kat_vectors, philox4x32 10).
#include "base/philox.hpp"
#include "tap.h"

namespace {

using gwparam::philox;
using gwparam::PhiloxCounter;
using gwparam::PhiloxKey;

struct Known {
    PhiloxCounter counter;
    PhiloxKey key;
    PhiloxCounter result;
    const char *name;
};

constexpr std::uint32_t ones = 0xffffffff;

const Known known[] = {
    {{0, 0, 0, 0},
     {0, 0},
     {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
     "of zeros"},
    {{ones, ones, ones, ones},
     {ones, ones},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
     "of ones"},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
     "of the digits of pi"},
};

} // namespace

int main() {
    for (const Known &one : known) {
        ok(philox(one.counter, one.key) == one.result, one.name);
    }
    return done_testing();
}
